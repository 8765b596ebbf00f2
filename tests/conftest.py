"""What all tests share: the option that stores new outcomes in scenario files."""

import pytest

pytest.register_assert_rewrite("tests.walking", "tests.spoiling")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--rewrite``; commit what it stores only when you can explain each changed line."""
    parser.addoption(
        "--rewrite", action="store_true", help="store new outcomes in tests/scenarios/*.txt"
    )
