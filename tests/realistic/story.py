"""What has happened in the fortnight before the present, run by run."""

from __future__ import annotations

from tests.realistic import output as o
from tests.realistic.people import Act, Answer, Start
from tests.realistic.steps import Does, Fails

RATE_LIMIT = Fails("HTTP 429 from crm.example.org: Too Many Requests", exit_code=75)


def yes(after: str, by: str = "ana", comment: str = "") -> tuple[Answer, ...]:
    """One yes."""
    return (Answer(after, by, comment=comment),)


def no(after: str, by: str, comment: str) -> tuple[Answer, ...]:
    """One no."""
    return (Answer(after, by, "reject", comment),)


RELEASES = (
    Start(
        "13d 2h", "release", "ben", {"version": "v2.3.6"}, answers={"publish": yes("12m", "ana")}, files={"publish.sh": o.PUBLISH_BEFORE}
    ),
    Start("9d 5h", "release", "ana", {"version": "v2.3.7"}, answers={"publish": yes("47m", "ben", "read the notes twice")}),
    Start(
        "6d 21h",
        "release",
        "ana",
        {"version": "v2.3.8"},
        does={"macos": Does(39, o.build, fails={1: Fails("ld: write() failed, errno=28: no space left on device", exit_code=2)})},
        answers={"publish": no("2h 3m", "chris", "the notes still call it a beta; customers would ask")},
    ),
    Start("6d 16h", "release", "ana", {"version": "v2.3.9"}, answers={"publish": yes("1h 57m", "ben", "notes are right now")}),
    Start(
        "13m 40s",
        "release",
        "ben",
        {"version": "v2.4.0"},
        files={"publish.sh": o.PUBLISH_NOW},
        does={"notes": Does(13, "### Added\n- vouchers for carts\n")},
    ),
)
FLAKY = Fails("FAILED src/cart.test.ts > keeps vouchers - AssertionError: expected 307 to be 308", exit_code=1)
DEPLOYS = (
    Start("12d 4h", "deploy_web", "ben", {"version": "v2.3.6"}, answers={"production": yes("8m", "ben")}),
    Start("9d 1h", "deploy_web", "ana", {"version": "v2.3.7"}, answers={"production": yes("5m", "ana", "watched staging for a while")}),
    Start(
        "6d 18h",
        "deploy_web",
        "ana",
        {"version": "v2.3.8"},
        answers={"production": no("14m", "ben", "wait for the fix of the voucher code")},
    ),
    Start(
        "6d 12h",
        "deploy_web",
        "ben",
        {"version": "v2.3.9"},
        does={"unit": Does(49, o.checked(1187), fails={1: FLAKY})},
        answers={"production": yes("11m", "ana")},
    ),
    Start("1h 58m", "deploy_web", "ben", {"version": "v2.4.0-rc1"}, answers={"production": yes("17m", "emil")}),
    Start(
        "26m 20s",
        "deploy_web",
        "chris",
        {"version": "v2.4.0"},
        comments={"production": (Answer("3m", "ben", comment="staging looks good to me, but I was up all night"),)},
    ),
    Start("9m 10s", "deploy_web", "emil", {"version": "v2.4.0-hotfix-of-the-voucher-code"}),
)
NIGHTS = tuple(Start(f"{day}d 12h 5m", "nightly_backup", "emil") for day in range(8, 0, -1))
NOT_AVAILABLE = Fails('pg_restore: error: could not execute query: ERROR:  extension "postgis" is not available', exit_code=1)
BROKEN_313 = "test_redirects.py::test_313: 307 != 308"
UPKEEP = (
    *NIGHTS,
    Start("27m", "nightly_backup", "emil", acts=(Act("14m", "ana", "pause", "link is needed for the migration; go on after 16:00"),)),
    Start("8d 7h", "restore_drill", "emil", does={"restore": Does(131, fails={1: NOT_AVAILABLE})}),
    Start("7h 12m", "restore_drill", "emil", does={"restore": Does(128, fails={1: NOT_AVAILABLE})}),
    Start("3d 1h", "cleanup", "emil"),
    Start("23m 40s", "cleanup", "emil"),
    Start("5d 2h", "terraform", "chris", {"workspace": "eu-prod"}, answers={"apply": yes("6m", "dora", "looked at every line")}),
    Start("20m 10s", "terraform", "chris", {"workspace": "eu-prod"}),
    Start("8m 5s", "terraform", "emil", {"workspace": "us-prod"}, acts=(Act("2m 40s", "emil", "cancel", "wrong workspace"),)),
    Start("10d 3h", "patch_hosts", "dora", {"hosts": ["web-1", "web-2"]}, answers={"patch": yes("3m", "dora")}),
    Start("2h 31m", "patch_hosts", "dora"),
    Start(
        "4d 6h",
        "rotate_keys",
        "dora",
        answers={"rotate": (Answer("9m", "dora"), Answer("31m", "emil", comment="fingerprint compared by phone"))},
    ),
    Start("3h 4m", "rotate_keys", "emil", comments={"rotate": (Answer("20m", "dora", comment="after lunch"),)}),
    Start("50m", "migrate_db", "ben"),
    Start(
        "11d 8h",
        "migrate_db",
        "ben",
        answers={"migrate": (Answer("3h", "ana", form={"window": "tonight 02:00", "reason": "orders grow by 2 % a week"}),)},
        does={
            "migrate": Does(
                312,
                "moved 1,200,000 of 4,811,000 rows\n",
                fails={0: Fails("psycopg.errors.DiskFull: could not extend file: No space left on device")},
            )
        },
        acts=(Act("4h 10m", "ben", "undo", "half a table is worse than none"),),
    ),
)
CI = tuple(
    Start(ago, "ci_checks", by, {"ref": ref})
    for ago, by, ref in (
        ("2d 3h", "ben", "main"),
        ("1d 22h", "chris", "voucher-code"),
        ("1d 4h", "ben", "main"),
        ("22h", "ana", "main"),
        ("9h 30m", "emil", "main"),
        ("6h 2m", "chris", "voucher-code"),
        ("3h 17m", "chris", "voucher-code"),
        ("31m", "ben", "main"),
    )
)
CODE = (
    *CI,
    *(
        Start(
            ago,
            "dependency_bump",
            "emil",
            does={"test_313": Does(62, o.checked(failing=BROKEN_313), fails={1: Fails("ERROR: py313: commands failed")})},
        )
        for ago in ("7d 11h", "4d 11h", "11h 20m")
    ),
    Start("5d 9h", "docs_site", "chris"),
    Start("1h 40m", "docs_site", "chris"),
    Start("2d 8h", "canary", "ben", {"version": "v2.3.9"}),
    Start("34m", "canary", "ben", {"version": "v2.4.0-rc1"}),
    Start("5h 30m", "load_test", "chris", acts=(Act("6m", "chris", "cancel", "it ran against production"),)),
    Start("7m 12s", "load_test", "chris"),
    Start("4m 19s", "train_model", "ana"),
)
DATA = (
    *(Start(ago, "ingest_warehouse", "ana") for ago in ("5d 8h", "4d 8h", "3d 8h", "2d 8h", "1d 8h")),
    Start("4m 50s", "ingest_warehouse", "ana"),
    Start("2d 5h", "sync_crm", "emil"),
    Start("1d 5h", "sync_crm", "emil", does={"push": Does(18, "batch 1 of 7\n", fails={1: RATE_LIMIT})}),
    Start("7m 49s", "sync_crm", "emil", does={"push": Does(5, "batch 1 of 7\n", fails={0: RATE_LIMIT}, varies=0)}),
)
OFFICE = (
    Start(
        "12d 6h",
        "monthly_invoices",
        "chris",
        {"month": "October"},
        answers={"send": no("5h", "dora", "Bergmann & Söhne moved; the address is the old one")},
    ),
    Start("12d", "monthly_invoices", "chris", {"month": "October"}, answers={"send": yes("40m", "dora", "address is right now")}),
    Start(
        "7d 4h",
        "newsletter",
        "dora",
        answers={
            "send": (
                Answer("25m", "ana", "send_back", "タイトルが長すぎます"),
                Answer("12m", "ana", comment="いいですね"),
            )
        },
    ),
    Start("46m", "newsletter", "dora"),
    Start(
        "3d 20h",
        "incident",
        "ben",
        {"what": "checkout answers 502"},
        answers={"traffic": (Answer("18m", "chris", form={"cut_off": 41}, comment="site A was at 48"),)},
        acts=(Act("1h 10m", "ben", "event", "all_clear", {"by": "ben"}),),
    ),
    Start("2h 5m", "incident", "ben", {"what": "payments time out"}, answers={"traffic": (Answer("7m", "chris", form={"cut_off": 3}),)}),
    Start("16m", "incident", "emil", {"what": "search is slow"}),
    Start("2d 2h", "compliance_evidence", "dora"),
)
THUMBNAILS = Start("2h", "thumbnails", "chris", {"products": [f"p{number:05}" for number in range(10_000)]}, large=True)
"""A loop over ten thousand items, which takes its time to make."""
STORY = (*RELEASES, *DEPLOYS, *UPKEEP, *CODE, *DATA, *OFFICE)
GROUPS = {"security": ("dora", "emil"), "release": ("ana", "ben", "chris")}
TOOLS = (
    "age",
    "alembic",
    "apt-get",
    "certbot",
    "convert",
    "createdb",
    "curl",
    "dbt",
    "docker",
    "dropdb",
    "git",
    "glab",
    "gpg",
    "k6",
    "kubectl",
    "lychee",
    "mkdocs",
    "mypy",
    "npm",
    "npx",
    "pg_dump",
    "pg_restore",
    "pytest",
    "rclone",
    "registry",
    "rsync",
    "ruff",
    "ssh",
    "terraform",
    "tox",
    "trivy",
    "uv",
)
"""What stands for the programs of that name where a step is carried out in earnest."""
