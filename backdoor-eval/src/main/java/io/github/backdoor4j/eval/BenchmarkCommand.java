package io.github.backdoor4j.eval;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How fast this machine is at what takes the time. */
@Command(
    name = "benchmark",
    description = "Measure the speed of training steps, of passes and of whole jobs here.",
    synopsisSubcommandLabel = "COMMAND")
final class BenchmarkCommand implements Callable<Integer> {

  private final Cli cli;

  @Spec private CommandSpec spec = CommandSpec.create();

  BenchmarkCommand(Cli cli) {
    this.cli = cli;
  }

  CommandLine line() {
    return new CommandLine(this)
        .addSubcommand(new BenchmarkStepCommand(cli))
        .addSubcommand(new BenchmarkEpochCommand(cli))
        .addSubcommand(new BenchmarkDefensesCommand(cli));
  }

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "say what to measure: step, epoch or defenses");
  }
}
