package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.eval.ResultRecord.CellSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * All results as one table: a line per record, shares in [0, 1], every digit of every number,
 * whatever the locale; empty where nothing was measured.
 */
public final class ResultsCsv {

  private static final List<String> MODEL_METRICS = List.of("c_acc", "asr", "r_acc", "der", "rir");
  private static final List<String> BEFORE_METRICS = List.of("c_acc", "asr", "r_acc");
  private static final List<String> DETECTION_METRICS =
      List.of("tpr", "fpr", "precision", "recall", "f1", "auroc", "verdict", "verdict_score");

  private ResultsCsv() {}

  /**
   * Replaces the file. Metrics that are none of ours come last, in order of appearance.
   *
   * @throws io.github.backdoor4j.core.DataException if the file cannot be written
   */
  public static void write(List<ResultRecord> records, Path file) {
    AtomicFiles.replace(file, text(records));
  }

  /** The content of the file. */
  static String text(List<ResultRecord> records) {
    Set<String> others = otherMetrics(records);
    return CsvText.of(
        header(others), records.stream().map(record -> line(record, others).values()).toList());
  }

  private static List<String> header(Set<String> others) {
    List<String> names = new ArrayList<>();
    names.addAll(List.of("attack", "defense", "dataset", "model", "poison_ratio", "seed"));
    names.addAll(MODEL_METRICS);
    names.addAll(List.of("seconds", "peak_memory_mb", "kind", "status", "reason"));
    BEFORE_METRICS.forEach(metric -> names.add(metric + "_before"));
    names.addAll(DETECTION_METRICS);
    names.addAll(List.of("fidelity", "access", "oracle", "key", "n_clean", "n_triggered"));
    names.addAll(others);
    return names;
  }

  /** The fields of a record, in the order of the header. */
  private static Map<String, String> line(ResultRecord record, Set<String> others) {
    Map<String, String> line = new LinkedHashMap<>();
    CellSpec spec = record.spec();
    line.put("attack", spec.attack());
    line.put("defense", spec.defense());
    line.put("dataset", spec.dataset());
    line.put("model", spec.model());
    line.put("poison_ratio", number(spec.poisonRatio()));
    line.put("seed", Long.toString(spec.seed()));
    MODEL_METRICS.forEach(metric -> line.put(metric, number(record.value(metric))));
    line.put("seconds", number(record.seconds()));
    line.put("peak_memory_mb", number(record.peakMemoryMb()));
    line.put("kind", Names.hyphenated(record.kind()));
    line.put("status", Names.hyphenated(record.status()));
    line.put("reason", record.reason());
    BEFORE_METRICS.forEach(m -> line.put(m + "_before", number(record.valueBefore(m))));
    DETECTION_METRICS.forEach(metric -> line.put(metric, number(record.value(metric))));
    line.put("fidelity", fidelity(spec));
    line.put("access", String.join(" ", spec.access()));
    line.put("oracle", spec.defense().isEmpty() ? "" : Boolean.toString(spec.oracle()));
    line.put("key", record.key());
    line.put("n_clean", denominator(record, "c_acc"));
    line.put("n_triggered", denominator(record, "asr"));
    others.forEach(metric -> line.put(metric, number(record.value(metric))));
    return line;
  }

  /** The names of outsiders' evaluators. */
  private static Set<String> otherMetrics(List<ResultRecord> records) {
    Set<String> names = new LinkedHashSet<>();
    records.forEach(record -> record.after().forEach(m -> names.add(m.name())));
    header(Set.of()).forEach(names::remove);
    return names;
  }

  /** {@link Double#toString(double)} knows no locale and loses no digit. */
  private static String number(double value) {
    return Double.isNaN(value) ? "" : Double.toString(value);
  }

  /** Of what came out; of what came in, for a detector that returns no model. */
  private static String denominator(ResultRecord record, String metric) {
    return Stream.concat(record.after().stream(), record.before().stream())
        .filter(measurement -> measurement.name().equals(metric))
        .mapToLong(Measurement::denominator)
        .mapToObj(Long::toString)
        .findFirst()
        .orElse("");
  }

  private static String fidelity(CellSpec spec) {
    return (spec.defense().isEmpty() ? spec.attackOptions() : spec.defenseOptions())
        .path("fidelity")
        .asText("");
  }
}
