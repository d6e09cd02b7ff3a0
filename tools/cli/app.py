"""The commands of `tuiku`, and what becomes of an error: one sentence and an exit code."""

from collections.abc import Callable

import typer
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import DomainError
from tools.cli.chase import chase
from tools.cli.doctor import doctor
from tools.cli.export import export
from tools.cli.finance import finance
from tools.cli.local import status, token
from tools.cli.options import NOT_DONE
from tools.cli.policy import policy
from tools.cli.posting import post_ledger
from tools.cli.reasons import reasons
from tools.cli.rebuild import rebuild_views
from tools.cli.reconcile import reconcile
from tools.cli.redrive import redrive
from tools.cli.transfer import import_file
from tools.cli.verify import verify
from tools.cli.warehouse import warehouse
from tools.stack.errors import StackError
from tools.stack.show import fail

_HELP = """Operate tuiku: look after it, mend it, and move data in and out.

Every command works on a local stack (--name, default `dev`) or on a stage deployed to AWS
(--stage, with your own credentials). Exit codes: 0 all is well, 1 something was found or left
undone, 2 wrong usage, 3 it could not be done.
"""

app = typer.Typer(
    name="tuiku",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help=_HELP,
)
app.command()(doctor)
app.command()(status)
app.command()(token)
app.command()(verify)
app.command()(reconcile)
app.command()(chase)
app.command("rebuild-views")(rebuild_views)
app.command("post-ledger")(post_ledger)
app.command()(redrive)
app.command("import")(import_file)
app.command()(export)
app.command()(reasons)
app.add_typer(policy)
app.add_typer(finance)
app.add_typer(warehouse)


def main() -> None:
    """Run the command line."""
    run(lambda: app(prog_name="tuiku"))


def run(command: Callable[[], object]) -> None:
    """What goes wrong is told in one sentence, not by a traceback."""
    try:
        command()
    except StackError as exc:
        fail(str(exc))
    except DomainError as exc:
        fail(f"The store did not do what was asked ({exc}): try again, or see `tuiku doctor`.")
    except (BotoCoreError, ClientError) as exc:
        fail(f"AWS did not do what was asked ({exc}): `tuiku doctor` looks for the cause.")
    except OSError as exc:
        fail(f"A file or connection failed ({exc}).")
    except KeyboardInterrupt:
        fail("Interrupted.")
    else:
        return
    raise SystemExit(NOT_DONE)
