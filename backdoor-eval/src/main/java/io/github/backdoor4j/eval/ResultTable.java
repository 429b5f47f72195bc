package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.ResultRecord.Status;
import io.github.backdoor4j.eval.Summary.Row;
import io.github.backdoor4j.eval.Summary.Statistics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The results of a run for the console: a line for the undefended model and one per defense, the
 * backdoored model beside the clean control. Columns that nobody measured are left out.
 */
final class ResultTable {

  private static final String ATTACKED = "backdoored model, %";
  private static final String CLEAN = "clean model, %";
  private static final String SAMPLES = "detection";
  private static final String MODEL = "backdoored?";

  /** One line: what was done to the backdoored model, and the same to the clean one. */
  private record Line(String name, Optional<Row> attacked, Optional<Row> clean) {}

  /** A column and how its cell is made. */
  private record Content(TextTable.Column column, Function<Line, String> cell) {}

  private ResultTable() {}

  /** The lines to print, notes on cells without numbers included. */
  static List<String> lines(List<ResultRecord> records) {
    List<Line> lines = align(Summary.of(records));
    List<Content> shown =
        contents().stream()
            .filter(
                c ->
                    lines.stream()
                        .anyMatch(line -> !c.cell().apply(line).equals(ReportText.MISSING)))
            .toList();
    TextTable table = new TextTable(shown.stream().map(Content::column).toList());
    for (Line line : lines) {
      table.add(shown.stream().map(content -> content.cell().apply(line)).toList());
    }
    List<String> result = new ArrayList<>(table.lines());
    result.addAll(notes(records));
    return result;
  }

  /** Same defense and options on both models share a line. */
  private static List<Line> align(List<Row> rows) {
    Map<String, Row> attacked = new LinkedHashMap<>();
    Map<String, Row> clean = new LinkedHashMap<>();
    Map<String, String> names = new LinkedHashMap<>();
    for (Row row : rows) {
      String place = row.spec().defense() + row.spec().defenseOptions();
      names.putIfAbsent(place, name(row.spec(), names.values()));
      (row.spec().control() ? clean : attacked).putIfAbsent(place, row);
    }
    return names.entrySet().stream()
        .map(
            e ->
                new Line(
                    e.getValue(),
                    Optional.ofNullable(attacked.get(e.getKey())),
                    Optional.ofNullable(clean.get(e.getKey()))))
        .toList();
  }

  /** The same defense with other options is numbered; one that saw test data is marked. */
  private static String name(ResultRecord.CellSpec spec, Collection<String> taken) {
    String id = spec.defense().isEmpty() ? "no defense" : spec.defense();
    String name = spec.oracle() ? id + " (oracle)" : id;
    String free = name;
    for (int n = 2; taken.contains(free); n++) {
      free = name + " #" + n;
    }
    return free;
  }

  private static List<Content> contents() {
    return List.of(
        new Content(new TextTable.Column("", "defense", true), Line::name),
        number(ATTACKED, "C-Acc", line -> line.attacked(), "c_acc", 100, 1),
        number(ATTACKED, "ASR", line -> line.attacked(), "asr", 100, 1),
        number(ATTACKED, "R-Acc", line -> line.attacked(), "r_acc", 100, 1),
        number(ATTACKED, "DER", line -> line.attacked(), "der", 100, 1),
        number(CLEAN, "C-Acc", line -> line.clean(), "c_acc", 100, 1),
        number(CLEAN, "ASR", line -> line.clean(), "asr", 100, 1),
        number(SAMPLES, "AUROC", line -> line.attacked(), "auroc", 1, 3),
        number(SAMPLES, "TPR %", line -> line.attacked(), "tpr", 100, 1),
        number(SAMPLES, "FPR %", line -> line.attacked(), "fpr", 100, 1),
        verdict("model", line -> line.attacked()),
        verdict("control", line -> line.clean()),
        new Content(new TextTable.Column("", "seconds", false), ResultTable::seconds));
  }

  private static Content number(
      String group,
      String title,
      Function<Line, Optional<Row>> row,
      String metric,
      double scale,
      int decimals) {
    return new Content(
        new TextTable.Column(group, title, false),
        line ->
            row.apply(line)
                .map(r -> number(r, metric, scale, decimals))
                .orElse(ReportText.MISSING));
  }

  private static String number(Row row, String metric, double scale, int decimals) {
    if (row.measured().isEmpty()) {
      // said once per line, in the first column
      return metric.equals("c_acc") ? mark(row) : ReportText.MISSING;
    }
    Statistics value = row.after(metric);
    String mean = ReportText.fixed(value.mean() * scale, decimals);
    return Double.isNaN(value.sd())
        ? mean
        : mean + " ± " + ReportText.fixed(value.sd() * scale, decimals);
  }

  private static String mark(Row row) {
    return row.missing().stream().anyMatch(r -> r.status() == Status.FAILED) ? "failed" : "n/a";
  }

  private static Content verdict(String title, Function<Line, Optional<Row>> row) {
    return new Content(
        new TextTable.Column(MODEL, title, true),
        line -> row.apply(line).map(ResultTable::verdict).orElse(ReportText.MISSING));
  }

  private static String verdict(Row row) {
    Statistics called = row.after("verdict");
    long yes = Math.round(called.mean() * called.n());
    return switch (called.n()) {
      case 0 -> ReportText.MISSING;
      case 1 -> yes == 1 ? "yes" : "no";
      default -> yes + " of " + called.n();
    };
  }

  private static String seconds(Line line) {
    return line.attacked()
        .or(line::clean)
        .map(row -> ReportText.fixed(row.seconds().mean(), 1))
        .orElse(ReportText.MISSING);
  }

  /** Why cells have no numbers, or fewer seeds than the others. */
  private static List<String> notes(List<ResultRecord> records) {
    List<String> notes = new ArrayList<>();
    for (ResultRecord record : records) {
      if (record.status() != Status.OK) {
        notes.add(
            String.format(
                java.util.Locale.ROOT,
                "%s on the %s model, seed %d: %s: %s",
                record.spec().defense().isEmpty() ? "training" : record.spec().defense(),
                record.spec().control() ? "clean" : "backdoored",
                record.spec().seed(),
                Names.hyphenated(record.status()).replace('-', ' '),
                record.reason().lines().findFirst().orElse("")));
      }
    }
    return notes;
  }

  /** The first record of a kind with numbers. */
  static Optional<Row> row(List<Row> rows, Kind kind) {
    return rows.stream().filter(row -> row.kind() == kind && !row.measured().isEmpty()).findFirst();
  }
}
