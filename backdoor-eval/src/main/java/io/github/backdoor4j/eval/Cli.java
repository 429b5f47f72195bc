package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Registries;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Locale;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The command line: its streams, what it finds plug-ins with, and all commands. */
final class Cli {

  private static final int WIDTH = 100;
  private static final String LOG_PREFIX = "org.slf4j.simpleLogger.";
  private static final String LOG_LEVEL = LOG_PREFIX + "defaultLogLevel";

  private final PrintWriter out;
  private final PrintWriter err;
  private final Supplier<Registries> registries;
  private final boolean terminal;
  private final Interruption interruption;
  private final RootCommand root = new RootCommand(this);

  /**
   * @param out for results
   * @param err for progress and errors
   * @param registries asked at most once per command, and not at all by some
   * @param terminal whether {@code err} is a terminal
   */
  Cli(
      PrintWriter out,
      PrintWriter err,
      Supplier<Registries> registries,
      boolean terminal,
      Interruption interruption) {
    this.out = out;
    this.err = err;
    this.registries = registries;
    this.terminal = terminal;
    this.interruption = interruption;
  }

  /** The command line of this process. */
  static Cli ofProcess(Interruption interruption) {
    Locale.setDefault(Locale.ROOT); // what libraries print of numbers, too
    return new Cli(
        Console.writer(System.out, "stdout"),
        Console.writer(System.err, "stderr"),
        Registries::load,
        Console.errorIsTerminal(),
        interruption);
  }

  /** Runs one command; never throws. */
  int execute(String... args) {
    try {
      return commandLine(args).execute(args);
    } catch (Throwable e) { // picocli hands on errors such as a lack of memory
      return new CliErrors(this).report(e, "backdoor4j");
    } finally {
      out.flush();
      err.flush();
    }
  }

  /** The parser: with all commands, or only the one that these arguments call. */
  CommandLine commandLine(String... args) {
    CommandLine line = new CommandLine(root);
    Commands.add(this, line, args);
    CliErrors errors = new CliErrors(this);
    line.setExecutionExceptionHandler(errors);
    line.setExecutionStrategy(this::start);
    line.setParameterExceptionHandler(errors);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExpandAtFiles(false);
    line.setUsageHelpWidth(WIDTH);
    line.setHelpFactory(Cli::help);
    line.setOut(out);
    line.setErr(err);
    return line;
  }

  /** Help is the last thing that a command line does, so its parser may be changed for it. */
  private static CommandLine.Help help(
      CommandLine.Model.CommandSpec command, CommandLine.Help.ColorScheme colors) {
    command.parser().separator(" "); // "-M KEY=VALUE" reads better than "-M=KEY=VALUE"
    return new CommandLine.Help(command, colors);
  }

  private int start(CommandLine.ParseResult parsed) {
    // read once, when the first logger is made
    String level = root.verbose() ? "debug" : "warn";
    System.setProperty(LOG_LEVEL, System.getProperty(LOG_LEVEL, level));
    if (!root.verbose()) { // a warning is one line for people
      System.setProperty(LOG_PREFIX + "showThreadName", "false");
      System.setProperty(LOG_PREFIX + "showLogName", "false");
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  PrintWriter out() {
    return out;
  }

  PrintWriter err() {
    return err;
  }

  Registries registries() {
    return registries.get();
  }

  Interruption interruption() {
    return interruption;
  }

  RootCommand options() {
    return root;
  }

  /** A line about the work in hand, unless the user wants quiet. */
  void say(String line) {
    if (!root.quiet()) {
      err.println(line);
    }
  }

  /** Who watches files being fetched. */
  FetchProgress fetchProgress() {
    PrintWriter target = root.quiet() ? new PrintWriter(Writer.nullWriter()) : err;
    return new FetchProgress(target, terminal && !root.quiet());
  }

  /** Who watches a run. */
  CellProgress progress() {
    PrintWriter target = root.quiet() ? new PrintWriter(Writer.nullWriter()) : err;
    return new CellProgress(target, terminal && !root.quiet(), root.verbose());
  }
}
