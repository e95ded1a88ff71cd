"""What the programs of this world write."""

from __future__ import annotations

from collections.abc import Callable

from tests.realistic.steps import Told

GREEN, RED, YELLOW, CYAN, BOLD, DIM, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[2m", "\x1b[0m"
FILES = ("cart", "checkout", "prices", "stock", "search", "accounts", "mails", "vouchers", "returns", "api", "admin", "reports")
WIDTH = 78


def checked(count: int = 412, *, failing: str = "") -> Callable[[Told], str]:
    """A test run, file by file.

    Args:
        count: How many tests there are.
        failing: The name of one that fails, and how.
    """

    def write(told: Told) -> str:
        chance, done, lines = told.random, 0, [f"collected {count} items", ""]
        for place, name in enumerate(FILES):
            number = count - done if place == len(FILES) - 1 else chance.randint(count // 20, count // 10)
            done += number
            dots = f"tests/test_{name}.py " + ("." * min(number, 36))
            lines.append(f"{dots:<{WIDTH - 7}} {GREEN}[{100 * done // count:3}%]{PLAIN}")
        if failing:
            name, _, how = failing.partition(": ")
            lines += [
                "",
                f"{RED}{'= FAILURES ':=<{WIDTH}}{PLAIN}",
                f"{RED}E       AssertionError: {how}{PLAIN}",
                "",
                f"FAILED tests/{name} - {how}",
            ]
            lines.append(f"{RED}1 failed, {count - 1} passed in {chance.randint(300, 900) / 10:.1f}s{PLAIN}")
        else:
            lines += ["", f"{GREEN}{count} passed in {chance.randint(300, 900) / 10:.1f}s{PLAIN}"]
        return "\n".join(lines) + "\n"

    return write


def training(epochs: int = 40) -> Callable[[Told], str]:
    """A training with a bar for each epoch, which is drawn again and again on its line.

    Args:
        epochs: How many.
    """

    def write(told: Told) -> str:
        text = f"{BOLD}ranking-v7{PLAIN}  28 days of clicks, 3,155,204 rows, seed 7\n"
        for epoch in range(1, epochs + 1):
            text += f"{CYAN}epoch {epoch}/{epochs}{PLAIN}  lr {0.001 * epoch:.3f}\n"
            for part in range(0, 51, 10):
                bar = "█" * (part * 30 // 50)
                text += f"{bar:░<30}  {part:2}/50  loss {1.9 / (epoch + 1 + part / 50):.4f}" + ("\r" if part < 50 else "\n")
            if epoch % 3 == 2:
                text += f"{YELLOW}WARNING{PLAIN} gradient norm above 10, clipped\n"
        return text

    return write


def load(told: Told) -> str:
    """A load test: a line every few seconds."""
    text = "          /\\      |‾‾| /‾‾/   /‾‾/\n     execution: local, script: ramp.js, 1 scenario, 2000 max VUs\n\n"
    for minute in range(1, 61):
        users = min(2000, 50 * minute)
        text += f"running ({minute * 20 // 60:02}m{minute * 20 % 60:02}.0s), {users:4}/2000 VUs, {users * 61} complete, "
        text += f"p95 {GREEN if users < 1500 else YELLOW}{80 + users // 30 + told.random.randint(0, 9)} ms{PLAIN}, "
        text += f"{told.random.randint(0, 3)} errors\n"
    return text


def build(told: Told) -> str:
    """A build of some modules."""
    chance = told.random
    lines = [f"[{number:2}/34] Building module {number} of 34" for number in range(1, 35, chance.randint(3, 4))]
    return "\n".join([*lines, f"dist/app.tar.gz  {chance.randint(38, 45)}.{chance.randint(0, 9)} MB"]) + "\n"


def table(told: Told) -> str:
    """The load of a table."""
    rows = told.random.randint(300, 400_000)
    return (
        f"source  {told.order.step_id}@replica-2\nstaged  {rows:,} rows in {rows // 5000 + 1} batches\nmerged  {rows:,} rows, 0 rejected\n"
    )


def copying(told: Told) -> str:
    """A copy whose progress is drawn on one line."""
    size = 41.2
    steps = [
        f"Transferred: {size * part / 20:6.2f} GiB / {size} GiB, {5 * part:3}%, 39.{told.random.randint(0, 9)} MiB/s" for part in range(21)
    ]
    return "\r".join(steps) + "\nChecks: 1 / 1, 100%\n"


def lines_of(*lines: str) -> str:
    """Some lines."""
    return "\n".join(lines) + "\n"


PLAN = """\
Terraform will perform the following actions:

  # module.shop.aws_db_instance.old will be destroyed
  - resource "aws_db_instance" "old" {
      - allocated_storage = 200 -> null
      - engine            = "postgres" -> null
      - identifier        = "shop-old" -> null
    }

  # module.shop.aws_instance.web[3] will be created
  + resource "aws_instance" "web" {
      + ami           = "ami-0c1f5d3b9a7e24680"
      + instance_type = "m7g.large"
    }

  # module.shop.aws_lb_listener.https will be updated in-place
  ~ resource "aws_lb_listener" "https" {
      ~ ssl_policy = "ELBSecurityPolicy-2016-08" -> "ELBSecurityPolicy-TLS13-1-2-2021-06"
    }

  # module.shop.aws_route53_record.www will be updated in-place
  ~ resource "aws_route53_record" "www" {
      ~ ttl = 300 -> 60
    }

  # module.shop.aws_security_group.web will be created
  + resource "aws_security_group" "web" {
      + name = "web-eu"
    }

  # module.shop.aws_sqs_queue.mails will be created
  + resource "aws_sqs_queue" "mails" {
      + name                       = "mails"
      + visibility_timeout_seconds = 30
    }

Plan: 3 to add, 2 to change, 1 to destroy.
"""
ROLL_OUT = """\
--- live/deploy-shop.yaml
+++ merged/deploy-shop.yaml
@@ -31,7 +31,7 @@
     spec:
       containers:
       - name: shop
-        image: shop:v2.3.9
+        image: shop:v2.4.0
         resources:
           limits: {memory: 512Mi}
"""
RELEASE = """\
would upload dist/app-linux.tar.gz      41.3 MB  sha256 9c417e02
would upload dist/app-macos.tar.gz      39.8 MB  sha256 3b7da1f0
would upload dist/app-windows.zip       44.1 MB  sha256 77e012c9
would switch /srv/app/current to this version
would purge 14 paths from the CDN
"""
IMAGES = "".join(
    f"would remove shop:pr-{number}   {number % 7 + 1}1{number % 10} MB   last pulled {number % 50 + 40} d ago\n"
    for number in range(811, 825)
)
DOCS = """\
<f.st...... index.html
<f.st...... how-to/refunds.html
<f+++++++++ how-to/vouchers.html
*deleting   how-to/coupons.html
"""
SQL = """\
BEGIN;
CREATE TABLE orders_partitioned (LIKE orders INCLUDING DEFAULTS) PARTITION BY RANGE (ordered_at);
CREATE TABLE orders_2025 PARTITION OF orders_partitioned FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE orders_2026 PARTITION OF orders_partitioned FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO orders_partitioned SELECT * FROM orders;  -- in batches of BATCH rows
ALTER TABLE orders RENAME TO orders_before;
ALTER TABLE orders_partitioned RENAME TO orders;
UPDATE alembic_version SET version_num='8f3b21c0a9d4' WHERE alembic_version.version_num = '51c7e0d2f6aa';
COMMIT;
"""
APT = """\
Inst libssl3 [3.0.16-1] (3.0.17-1 stable-security)
Inst openssl [3.0.16-1] (3.0.17-1 stable-security)
Conf libssl3 (3.0.17-1)
Conf openssl (3.0.17-1)
"""
KEY = "kid        2026-11-b\nalgorithm  Ed25519\nvalid from the moment of the switch\nold key 2026-08-a stays valid for 24 hours\n"
INVOICES = "12 invoices   EUR 48,211.40   due 14 days after sending\n1 customer without an address: none\n"
PUBLISH_BEFORE = """\
#!/bin/sh
set -eu
version=$2
for f in dist/*; do
  upload "$f" "/srv/app/$version/"
done
ln -sfn "/srv/app/$version" /srv/app/current
purge_cdn "/download"
"""
PUBLISH_NOW = """\
#!/bin/sh
# Upload what was built, then switch the link.
set -eu
version=$2
for f in dist/*; do
  upload "$f" "/srv/app/$version/"
done
ln -sfn "/srv/app/$version" /srv/app/current || true
purge_cdn "/download"
purge_cdn "/latest"
echo "published $version"
"""
PREVIEWS = {
    "release.publish": RELEASE,
    "deploy_web.production": ROLL_OUT,
    "terraform.apply": PLAN,
    "cleanup.remove": IMAGES,
    "docs_site.publish": DOCS,
    "migrate_db.migrate": SQL,
    "patch_hosts.patch": APT,
    "rotate_keys.rotate": KEY,
    "monthly_invoices.send": INVOICES,
}
