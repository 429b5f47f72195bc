package io.github.backdoor4j.eval;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shell completion. */
@Command(
    name = "completion",
    description = "Print a script with which the shell completes commands, options and ids.",
    footer = {
      "",
      "Examples:",
      "  source <(backdoor4j completion bash)",
      "  backdoor4j completion zsh > ~/.backdoor4j-completion   # then source it in ~/.zshrc"
    })
final class CompletionCommand implements Callable<Integer> {

  /** Which shells are served. */
  enum Shell {
    /** Bash. */
    BASH,
    /** Z shell, by its emulation of bash's completion. */
    ZSH
  }

  private final Cli cli;

  @Parameters(
      arity = "0..1",
      paramLabel = "SHELL",
      description = "bash or zsh. Default: ${DEFAULT-VALUE}.",
      defaultValue = "bash")
  private Shell shell = Shell.BASH;

  CompletionCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    if (shell == Shell.ZSH) {
      cli.out().println("autoload -U +X compinit && compinit");
      cli.out().println("autoload -U +X bashcompinit && bashcompinit");
    }
    // the script is the same for both; it finds out in which shell it runs
    cli.out().println(AutoComplete.bash("backdoor4j", cli.commandLine()));
    return 0;
  }
}
