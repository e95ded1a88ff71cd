"""Lines of output that tell of errors and warnings, as real programs write them."""

from __future__ import annotations

import pytest

from oyama_tui.core.output_problems import LOOKED_AT, problem_in, problems_of

ERRORS = [
    # pytest
    "FAILED tests/test_cart.py::test_total - AssertionError: 307 != 308",
    "ERROR tests/test_cart.py::test_total - fixture 'shop' not found",
    "tests/test_cart.py::test_total FAILED                            [ 50%]",
    "E       AssertionError: assert 307 == 308",
    "E   ModuleNotFoundError: No module named 'shop'",
    # npm, yarn, eslint, tsc, node
    "npm ERR! code ELIFECYCLE",
    "npm error code E404",
    "error Command failed with exit code 1.",
    "  12:5  error  'total' is not defined  no-undef",
    "src/cart.ts(3,5): error TS2304: Cannot find name 'total'.",
    "TypeError: Cannot read properties of undefined (reading 'total')",
    "Error: listen EADDRINUSE: address already in use :::3000",
    "FAIL src/cart.test.js",
    # cargo
    "error[E0382]: borrow of moved value: `cart`",
    "\x1b[0m\x1b[1m\x1b[38;5;9merror[E0382]\x1b[0m\x1b[0m\x1b[1m: borrow of moved value: `cart`\x1b[0m",
    'error: could not compile `shop` (bin "shop") due to 1 previous error; 1 warning emitted',
    "thread 'main' panicked at src/main.rs:4:5:",
    "test cart::total ... FAILED",
    "test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
    # gcc, ld, make
    "main.c:5:12: error: 'total' undeclared (first use in this function)",
    "main.c:1:10: fatal error: shop.h: No such file or directory",
    "collect2: error: ld returned 1 exit status",
    "main.c:(.text+0x1d): undefined reference to `total'",
    "make: *** [Makefile:2: all] Error 1",
    "/bin/sh: 1: ./train.py: not found",
    "bash: line 3: cargo: command not found",
    "make[2]: *** No rule to make target 'shop.o'.  Stop.",
    # go, Kubernetes
    "--- FAIL: TestTotal (0.00s)",
    "FAIL\texample.com/shop\t0.003s",
    "FAIL",
    "./main.go:5:2: undefined: total",
    "panic: runtime error: index out of range [5] with length 3",
    "E1126 14:05:10.678901       1 reflector.go:138] Failed to watch *v1.Pod",
    "2026/11/26 14:05:10 ERROR cannot reach the shop err=timeout",
    # terraform, ansible, docker, git
    "│ Error: Reference to undeclared resource",
    "Error: Error creating instance: quota exceeded",
    'fatal: [web-1]: FAILED! => {"changed": false}',
    "docker: Error response from daemon: pull access denied for shop.",
    "fatal: not a git repository (or any of the parent directories): .git",
    "error: failed to push some refs to 'origin'",
    # Python
    "ERROR:root:cannot reach the shop",
    "CRITICAL:shop.cart:out of memory",
    "2026-11-26 14:05:10,123 ERROR shop.cart: cannot reach the shop",
    "2026-11-26 14:05:10,123 - shop.cart - ERROR - cannot reach the shop",
    "shop.cart - CRITICAL - out of memory",
    "[2026-11-26 14:05:10 +0000] [12] [ERROR] Worker (pid:13) was sent SIGKILL!",
    "ValueError: too many values to unpack (expected 2)",
    "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: carts",
    "KeyError: 'total'",
    "AssertionError",
    # Java, nginx, systemd, TAP
    "2026-11-26 14:05:10.123 ERROR 4242 --- [main] com.example.Shop : cannot start",
    'Exception in thread "main" java.lang.NullPointerException',
    "java.lang.IllegalStateException: no cart",
    "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin",
    '2026/11/26 14:05:10 [error] 31#31: *1 open() "/srv/x" failed (2: No such file or directory)',
    "[FAILED] Failed to start shop.service.",
    "not ok 3 - the total is right",
    # logs by fields
    '{"level":"error","ts":1795788310.1,"msg":"cannot reach the shop"}',
    '{"time": "2026-11-26T14:05:10Z", "severity": "ERROR", "message": "0 left"}',
    '{"level":50,"time":1795788310123,"pid":7,"msg":"cannot reach the shop"}',
    '{"@timestamp":"2026-11-26T14:05:10Z","log.level":"fatal","message":"no memory"}',
    'time="2026-11-26T14:05:10Z" level=error msg="cannot reach the shop"',
    "ts=2026-11-26T14:05:10Z level=ERROR msg=slow",
]
WARNINGS = [
    "shop/cart.py:3: DeprecationWarning: total() is deprecated",
    "  tests/test_cart.py:3: PytestUnknownMarkWarning: Unknown pytest.mark.slow",
    "UserWarning: the cart is empty",
    "npm WARN deprecated request@2.88.2: request has been deprecated",
    "npm warn deprecated inflight@1.0.6: This module is not supported",
    "warning package.json: No license field",
    "  3:1   warning  Unexpected console statement  no-console",
    "(node:4242) ExperimentalWarning: The Fetch API is an experimental feature.",
    "warning: unused variable: `total`",
    "\x1b[1;33mwarning\x1b[0m\x1b[1m: unused import\x1b[0m",
    "main.c:3:9: warning: unused variable 'total' [-Wunused-variable]",
    "W1126 14:05:10.678901       1 warnings.go:70] policy/v1beta1 is deprecated",
    "│ Warning: Argument is deprecated",
    "WARNING: the key is stored unencrypted",
    "WARNING gradient norm above 10, clipped",
    "WARNING:root:the cart is empty",
    "2026-11-26 14:05:10,123 WARNING shop.cart: the cart is empty",
    "[WARN] 1 of 3 mirrors is slow",
    "[WARNING] Using platform encoding",
    "2026/11/26 14:05:10 [warn] 31#31: conflicting server name",
    '{"level":"warn","msg":"no error: the cart is empty"}',
    '{"level":40,"msg":"slow"}',
    'level=warning msg="retry after error"',
]
NEITHER = [
    "0 errors",
    "0 errors, 0 warnings",
    "error-free",
    "This code is error-free: no warnings.",
    "no errors found",
    "Errors: 0",
    "Warnings: 2",
    "error: 0",
    "Error: none",
    "errors=0 warnings=0",
    "mean error: 0.21",
    "error: 0.0312",
    "epoch 3  error 0.0312  loss 0.4",
    "test_error.py ....                                                [ 10%]",
    "tests/test_errors.py::test_error_is_raised PASSED                 [ 20%]",
    "=================== 4 passed, 2 warnings in 0.12s ===================",
    "test result: ok. 5 passed; 0 failed; 0 ignored",
    "Tests: 0 FAILED, 12 passed",
    "PLAY RECAP: web-1 : ok=3 changed=0 unreachable=0 failed=0",
    "cc -Wall -Werror -o shop main.c",
    "2 warnings generated.",
    "found 0 vulnerabilities",
    "    Compiling thiserror v1.0.50",
    "go: downloading github.com/pkg/errors v0.9.1",
    "ok  \texample.com/shop\t0.003s",
    "Plan: 3 to add, 2 to change, 1 to destroy.",
    "INFO:root:error handling is on",
    "2026-11-26 14:05:10,123 INFO shop: the log level is ERROR now",
    "[INFO] BUILD SUCCESS: 0 errors",
    '{"level":"info","msg":"error: retried and fine"}',
    '{"level":30,"msg":"after an error"}',
    'level=info msg="error budget: 99.9"',
    "I1126 14:05:10.678901       1 main.go:70] no error",
    "handle the error in cart.go: see below",
    "Set LOG_LEVEL to ERROR to see less",
    "export ERROR=1",
    "uploading warnings.txt",
    "The warning lights are off.",
    "errors are listed below",
    "refresh: 3 pages",
    "failed over to the other mirror",
    "",
]


@pytest.mark.parametrize("line", ERRORS)
def test_errors_of_real_programs_are_recognised(line: str) -> None:
    assert problem_in(line) == "error"
    assert problems_of(f"begun\n{line}\ndone\n") == [(1, "error")]


@pytest.mark.parametrize("line", WARNINGS)
def test_warnings_of_real_programs_are_recognised(line: str) -> None:
    assert problem_in(line) == "warning"
    assert problems_of(f"begun\n{line}\ndone\n") == [(1, "warning")]


@pytest.mark.parametrize("line", NEITHER)
def test_lines_that_only_name_errors_are_none(line: str) -> None:
    assert problem_in(line) is None
    assert problems_of(f"begun\n{line}\ndone\n") == []


def test_what_was_overwritten_is_no_problem_any_more() -> None:
    assert problem_in("error: not yet\rdone") is None
    assert problem_in("10%\rerror: no room") == "error"


def test_lines_are_numbered_whatever_letters_stand_before_them() -> None:
    for before in ("plain\n", "İstanbul\n", "Straße\n", "\n\n\n"):
        text = f"{before}WARNING a\nall is well\nERROR b\r\nERROR c"
        lines = before.count("\n")
        assert problems_of(text) == [(lines, "warning"), (lines + 2, "error"), (lines + 3, "error")]


@pytest.mark.parametrize("word", ["error", "a:b: ", "ERROR ", "E ", "x.", " - ", "[", '"level":', "12:34 ", "Aa", "FAILED", "\x1b[1m"])
def test_no_line_takes_long_to_look_at(word: str) -> None:
    from time import process_time

    line = word * (LOOKED_AT // len(word))
    began = process_time()
    for _ in range(5):
        problem_in(line)
    assert process_time() - began < 0.5
