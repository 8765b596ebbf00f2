"""`clusterlab case`: a sheet for a class, with the solution for its trainer."""

from click.testing import CliRunner, Result

from clusterlab import cli
from clusterlab.cases import case


def call(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.cli, ["case", *arguments])


def test_a_case_is_printed_without_its_faults():
    """Complaints and listings, nothing else."""
    result = call("3")
    assert 0 == result.exit_code, result.output
    assert f"{case(3)!r}\n" == result.output


def test_log_and_solution_are_printed_on_request():
    """A trainer prints the log for the class and the solution for himself."""
    assert "10:36:00  NODE2   ClusSvc 1069" in call("3", "--log").output
    assert case(11, 1).solution() in call("11", "--faults", "1", "--solution").output


def test_a_number_that_is_no_case_is_a_sentence():
    """Status 2, and what is allowed."""
    for arguments, said in (
        (("1000000",), "seed is 1000000; allowed: whole numbers from 0 to 999999."),
        (("3", "--faults", "9"), "9 is not in the range 1<=x<=3."),
    ):
        result = call(*arguments)
        assert 2 == result.exit_code
        assert said in result.output
