package io.github.backdoor4j.examples;

import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.eval.BenchmarkRunner;
import io.github.backdoor4j.eval.RunListener;
import io.github.backdoor4j.eval.RunPlan;
import io.github.backdoor4j.eval.RunResult;
import io.github.backdoor4j.eval.Summary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Lets every repair that is on the class path, plug-ins included, act on one attack's models from
 * two seeds, and prints means and standard deviations.
 */
public final class CompareDefenses {

  private CompareDefenses() {}

  /**
   * Takes an attack's id, an output folder, and, if more shall be set, a file of further plan
   * lines; these may name the defenses.
   */
  public static void main(String[] args) throws IOException {
    String attack = args.length > 0 ? args[0] : "blended";
    Path out = Path.of(args.length > 1 ? args[1] : "backdoor4j-out/compare-" + attack);
    String more = args.length > 2 ? Files.readString(Path.of(args[2])) : "";
    Registries registries = Registries.load();
    if (!more.contains("defenses:")) {
      more += "defenses: " + repairs(registries) + "\n";
    }
    String yaml = "attack: " + attack + "\nseeds: [0, 1]\ncontrol: false\n" + more;

    RunResult result =
        new BenchmarkRunner(registries, out, new RunListener() {}, false)
            .run(RunPlan.parse(yaml, registries));

    System.out.println("defense                     C-Acc, %         ASR, %         DER, %");
    for (Summary.Row row : Summary.of(result.records())) {
      System.out.printf(
          Locale.ROOT,
          "%-20s %s %s %s%n",
          row.spec().defense().isEmpty() ? "none" : row.spec().defense(),
          percent(row.after("c_acc")),
          percent(row.after("asr")),
          percent(row.after("der")));
    }
  }

  /** Ids of the defenses whose product is a repaired model. */
  static List<String> repairs(Registries registries) {
    return registries.defenses().all().stream()
        .filter(defense -> defense.card().stage().contains("repair"))
        .map(DefenseStrategy::id)
        .toList();
  }

  private static String percent(Summary.Statistics share) {
    return share.n() == 0
        ? " ".repeat(14) + "-"
        : String.format(Locale.ROOT, "%7.1f ± %5.1f", 100 * share.mean(), 100 * share.sd());
  }
}
