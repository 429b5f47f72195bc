package io.github.backdoor4j.eval;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Whether methods do here what their papers say. */
@Command(
    name = "selftest",
    description = "Show on real trainings whether attacks and defenses do what they must.",
    synopsisSubcommandLabel = "KIND",
    footer = {
      "",
      "Examples:",
      "  backdoor4j selftest attacks",
      "  backdoor4j selftest attacks --only badnets,wanet --seeds 0",
      "  backdoor4j selftest defenses --only clp,ft-sam --attacks badnets --seeds 0"
    })
final class SelfTestCommand implements Callable<Integer> {

  private final Cli cli;
  private final CommandLine line;

  SelfTestCommand(Cli cli) {
    this.cli = cli;
    this.line = new CommandLine(this);
    line.addSubcommand(new SelfTestAttacksCommand(cli));
    line.addSubcommand(new SelfTestDefensesCommand(cli));
  }

  CommandLine line() {
    return line;
  }

  @Override
  public Integer call() {
    line.usage(cli.out());
    return CommandLine.ExitCode.OK;
  }
}
