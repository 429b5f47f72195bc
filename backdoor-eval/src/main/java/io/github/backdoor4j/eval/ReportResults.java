package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Every record as one line, with the address of its file.
 *
 * @param metrics headings of the numbers
 */
record ReportResults(List<String> metrics, List<Line> lines) {

  private static final List<String> USUAL =
      List.of(
          "c_acc",
          "asr",
          "r_acc",
          "der",
          "rir",
          "tpr",
          "fpr",
          "precision",
          "f1",
          "auroc",
          "verdict",
          "verdict_score");

  /**
   * One record.
   *
   * @param values one per metric
   * @param status whether the numbers may be used
   * @param link from the page to the record's file; empty if there is no such file
   */
  record Line(
      long seed,
      String model,
      String defense,
      List<Value> values,
      String seconds,
      String status,
      String key,
      String link) {}

  /** A number and what it was counted over. */
  record Value(String text, String origin) {}

  static ReportResults of(RunResult result, Path page, Function<String, String> names) {
    List<String> metrics = metrics(result.records());
    List<Line> lines = new ArrayList<>();
    for (ResultRecord record : ordered(result)) {
      String defense = record.spec().defense();
      lines.add(
          new Line(
              record.spec().seed(),
              record.spec().control() ? "clean" : "backdoored",
              defense.isEmpty() ? "–" : names.apply(defense),
              metrics.stream().map(metric -> value(record, metric)).toList(),
              ReportText.fixed(record.seconds(), 1),
              Names.hyphenated(record.status()).replace('-', ' '),
              record.key(),
              link(result.folder(), record.key(), page)));
    }
    return new ReportResults(metrics, lines);
  }

  /** By seed: the attack, its control, then each defense on both, as planned. */
  private static List<ResultRecord> ordered(RunResult result) {
    List<String> plan = result.plan().defenses().stream().map(MethodChoice::id).toList();
    return result.records().stream()
        .sorted(
            Comparator.comparingLong((ResultRecord record) -> record.spec().seed())
                .thenComparing(record -> !record.spec().defense().isEmpty())
                .thenComparingInt(record -> plan.indexOf(record.spec().defense()))
                .thenComparing(record -> record.spec().control()))
        .toList();
  }

  /** Those that were measured: ours in the usual order, then others as they appear. */
  private static List<String> metrics(List<ResultRecord> records) {
    Set<String> measured = new LinkedHashSet<>();
    records.forEach(r -> r.after().forEach(m -> measured.add(m.name())));
    measured.removeAll(List.of("recall", "verdict_right")); // tpr and verdict say the same
    List<String> metrics = new ArrayList<>(USUAL);
    metrics.retainAll(measured);
    measured.removeAll(USUAL);
    metrics.addAll(measured);
    return metrics;
  }

  private static Value value(ResultRecord record, String metric) {
    for (Measurement measurement : record.after()) {
      if (measurement.name().equals(metric)) {
        String over = "of " + ReportText.count(measurement.denominator());
        String text =
            metric.equals("verdict")
                ? ReportText.number(measurement.value())
                : ReportText.fixed(measurement.value(), 4);
        return new Value(text, over);
      }
    }
    return new Value("", "not measured");
  }

  /** Relative, with slashes on every system. */
  private static String link(Path folder, String key, Path page) {
    Path file = RecordStore.open(folder).folder(key).resolve("record.json");
    Path from = page.toAbsolutePath().normalize().getParent();
    if (from == null || !Files.exists(file)) {
      return "";
    }
    return from.relativize(file.toAbsolutePath().normalize()).toString().replace('\\', '/');
  }
}
