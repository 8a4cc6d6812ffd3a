"""The command `confab`."""

import click
from click.shell_completion import get_completion_class

from confab import Confab
from confab.commands.sessions import sessions
from confab.commands.showing import Output
from confab.failures import ConfabError

SHELLS = ("bash", "zsh", "fish")


class Commands(click.Group):
    """Commands whose failed requests end in one line rather than a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. Raise ClickException."""
        try:
            return super().invoke(ctx)
        except ConfabError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
@click.option("--url", envvar="CONFAB_URL", show_envvar=True, help="The address of Confab.")
@click.option("--api-key", envvar="CONFAB_API_KEY", show_envvar=True, help="A secret key.")
@click.option("--project", envvar="CONFAB_PROJECT", show_envvar=True, help="The id of the project, for a personal key.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, one object a line.")
@click.version_option(package_name="confab")
@click.pass_context
def main(context: click.Context, url: str | None, api_key: str | None, project: str | None, is_json: bool) -> None:
    """Read, score and follow the conversations of your product."""
    context.obj = Output(context.with_resource(Confab(url, api_key, project=project)), is_json)


@main.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion of a shell, for its start file."""
    kind = get_completion_class(shell)
    assert kind, shell
    click.echo(kind(main, {}, "confab", "_CONFAB_COMPLETE").source())


main.add_command(sessions)
