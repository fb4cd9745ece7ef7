"""``ovlcheck completion``: what a shell has to run so that it can complete ovlcheck's verbs, options and names."""

from __future__ import annotations

import click

from ovlcheck.messages import say
from ovlcheck.options import debug_option


@click.command("completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
@debug_option
def command(shell: str) -> None:
    """Print the script that makes SHELL complete what is typed after ovlcheck.

    \b
    bash:  eval "$(ovlcheck completion bash)"     in ~/.bashrc
    zsh:   eval "$(ovlcheck completion zsh)"      in ~/.zshrc
    fish:  ovlcheck completion fish > ~/.config/fish/completions/ovlcheck.fish
    """
    from click.shell_completion import get_completion_class

    from ovlcheck.cli import cli

    kind = get_completion_class(shell)
    assert kind is not None, shell
    say(kind(cli, {}, "ovlcheck", "_OVLCHECK_COMPLETE").source() + "\n")
