package io.github.backdoor4j.eval;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** All about data sets and their files. */
@Command(
    name = "datasets",
    description = "List data sets, fetch their files, look at what is in them, check them.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Nothing is ever fetched except by 'backdoor4j datasets fetch' and 'backdoor4j weights fetch'.",
      "",
      "Examples:",
      "  backdoor4j datasets list",
      "  backdoor4j datasets fetch cifar10",
      "  backdoor4j datasets info fashion-mnist",
      "  backdoor4j datasets prune --older-than 30"
    })
final class DatasetsCommand implements Callable<Integer> {

  private final Cli cli;
  private final CommandLine line;

  DatasetsCommand(Cli cli) {
    this.cli = cli;
    this.line = new CommandLine(this);
    line.addSubcommand(new DatasetsListCommand(cli));
    line.addSubcommand(new DatasetsInfoCommand(cli));
    line.addSubcommand(new DatasetsFetchCommand(cli));
    line.addSubcommand(new DatasetsVerifyCommand(cli));
    line.addSubcommand(new DatasetsWhereCommand(cli));
    line.addSubcommand(new DatasetsPruneCommand(cli));
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
