package io.github.backdoor4j.eval;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;

/**
 * All commands by name. Reading the annotations of all of them takes longer than most commands take
 * to work, so that the parser gets the one that is called, and all only where a line calls none.
 */
final class Commands {

  private static final Map<String, Function<Cli, Object>> ALL = all();

  private Commands() {}

  private static Map<String, Function<Cli, Object>> all() {
    Map<String, Function<Cli, Object>> all = new LinkedHashMap<>(); // in the order of the help
    all.put("quickstart", QuickstartCommand::new);
    all.put("run", RunCommand::new);
    all.put("list", ListCommand::new);
    all.put("describe", DescribeCommand::new);
    all.put("datasets", cli -> new DatasetsCommand(cli).line());
    all.put("stamp", StampCommand::new);
    all.put("predict", PredictCommand::new);
    all.put("weights", WeightsCommand::new);
    all.put("report", ReportCommand::new);
    all.put("selftest", cli -> new SelfTestCommand(cli).line());
    all.put("benchmark", cli -> new BenchmarkCommand(cli).line());
    all.put("doctor", DoctorCommand::new);
    all.put("completion", CompletionCommand::new);
    return all;
  }

  /** Adds the command that the first argument names; else, as for help or a mistake, all. */
  static void add(Cli cli, CommandLine line, String... args) {
    Function<Cli, Object> called = args.length == 0 ? null : ALL.get(args[0]);
    if (called == null) {
      ALL.forEach((name, command) -> line.addSubcommand(name, command.apply(cli)));
    } else {
      line.addSubcommand(args[0], called.apply(cli));
    }
  }
}
