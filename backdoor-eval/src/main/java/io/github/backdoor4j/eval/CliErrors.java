package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.BackdoorException;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Names;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns every failure into one paragraph on the error stream and an exit code. */
final class CliErrors implements IExecutionExceptionHandler, IParameterExceptionHandler {

  /** Exit code of a failure. */
  static final int FAILURE = 1;

  /** Exit code of a caller's mistake. */
  static final int USAGE = 2;

  /** Exit code of bad data or files. */
  static final int DATA = 3;

  private final Cli cli;

  CliErrors(Cli cli) {
    this.cli = cli;
  }

  @Override
  public int handleExecutionException(Exception ex, CommandLine command, ParseResult parsed) {
    return report(ex, command.getCommandSpec().qualifiedName());
  }

  @Override
  public int handleParseException(ParameterException ex, String[] args) {
    CommandSpec command = ex.getCommandLine().getCommandSpec();
    return report(
        new UsageException(
            ex,
            "%s '%s --help' explains.",
            sentence(explain(ex, command)),
            command.qualifiedName()),
        command.qualifiedName());
  }

  /** Prints a failure and returns its exit code. */
  int report(Throwable failure, String command) {
    cli.err().println("error: " + message(failure, command));
    if (cli.options().stackTrace()) {
      failure.printStackTrace(cli.err());
    }
    cli.err().flush();
    return code(failure);
  }

  private static int code(Throwable failure) {
    if (failure instanceof UsageException || failure instanceof NotApplicableException) {
      return USAGE;
    }
    return failure instanceof DataException || failure instanceof UncheckedIOException
        ? DATA
        : FAILURE;
  }

  private static String message(Throwable failure, String command) {
    if (failure instanceof EngineException engine) {
      return engine.getMessage() + " '" + command + " --stacktrace' shows where.";
    }
    if (failure instanceof BackdoorException ours) {
      return ours.getMessage();
    }
    if (failure instanceof UncheckedIOException io) {
      return io.getCause() + ". Check the file, its permissions and the free space.";
    }
    if (failure instanceof OutOfMemoryError) {
      return "the memory does not suffice ("
          + firstLine(failure)
          + "). Use a narrower model (-M width=...), a smaller batch (-T batch_size=...), or set"
          + " BACKDOOR4J_OPTS=-Xmx... for more heap.";
    }
    return "something unexpected happened: "
        + firstLine(failure)
        + ". Run '"
        + command
        + "' again with --stacktrace to see where; finished cells are kept.";
  }

  /** The engine's messages carry pages of native frames. */
  private static String firstLine(Throwable failure) {
    return failure.toString().lines().findFirst().orElse("");
  }

  private static String explain(ParameterException ex, CommandSpec command) {
    if (ex instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      return unmatched(unmatched.getUnmatched().get(0), command);
    }
    return String.valueOf(ex.getMessage());
  }

  private static String unmatched(String argument, CommandSpec command) {
    if (argument.startsWith("-")) {
      String name = argument.replaceFirst("=.*", "");
      return command.qualifiedName()
          + " has no option '"
          + name
          + "'. Did you mean "
          + nearest(name, command.optionsMap().keySet());
    }
    if (command.subcommands().isEmpty()) {
      return command.qualifiedName() + " takes no further argument, but got '" + argument + "'";
    }
    return command.qualifiedName()
        + " has no command '"
        + argument
        + "'. Did you mean "
        + nearest(argument, command.subcommands().keySet());
  }

  private static String nearest(String name, Collection<String> known) {
    List<String> near = Names.nearest(name, known);
    return near.isEmpty() ? "none?" : "'" + near.get(0) + "'?";
  }

  private static String sentence(String text) {
    String trimmed = text.strip();
    return trimmed.matches("(?s).*[.?!]") ? trimmed : trimmed + ".";
  }
}
