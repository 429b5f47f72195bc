package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.tensor.Engine;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The program without a command: help, version and what all commands share. */
@Command(
    name = "backdoor4j",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = RootCommand.Version.class,
    description = "Backdoor attacks on image classifiers and defenses against them, for research.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  backdoor4j quickstart",
      "  backdoor4j list defenses",
      "  backdoor4j describe fine-pruning",
      "  backdoor4j run --attack blended --defense fine-pruning,strip",
      "",
      "Exit codes: 0 done, 1 failure, 2 your mistake, 3 bad data or file, 130 interrupted."
    })
final class RootCommand implements Callable<Integer> {

  private final Cli cli;

  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "Print results and errors only, no progress.")
  private boolean quiet;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Print every epoch, and what the libraries log.")
  private boolean verbose;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Print where an error came from.")
  private boolean stackTrace;

  RootCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    cli.commandLine().usage(cli.out());
    return CommandLine.ExitCode.OK;
  }

  boolean quiet() {
    return quiet;
  }

  boolean verbose() {
    return verbose;
  }

  boolean stackTrace() {
    return stackTrace;
  }

  /** Version, commit and engine, without starting the engine. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      Properties build = Provenance.build();
      return new String[] {
        "Backdoor4J " + build.getProperty("version", "of unknown version"),
        "commit " + build.getProperty("commit", "unknown"),
        "engine " + Engine.version(),
        "Java " + System.getProperty("java.version")
      };
    }
  }
}
