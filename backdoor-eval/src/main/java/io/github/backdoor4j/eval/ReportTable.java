package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.eval.ReportCells.Defense;
import io.github.backdoor4j.eval.ReportColumns.Line;
import io.github.backdoor4j.eval.ReportColumns.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A table of results: columns in groups, a line per defense. Columns that hold no number at all are
 * left out.
 *
 * @param groups over the columns
 * @param columns of numbers
 * @param rows one per defense
 */
record ReportTable(List<Group> groups, List<Column> columns, List<Row> rows) {

  private static final List<String> DETECTION = List.of("tpr", "fpr", "auroc", "verdict");

  /** Heading over several columns. */
  record Group(String title, int span) {}

  /** Heading of a column; {@code first} where its group begins. */
  record Column(String title, String explanation, boolean first) {}

  /**
   * What a line is about.
   *
   * @param id of the defense; empty for none
   * @param anchor of its section; empty for none
   * @param variant options that tell it from its namesakes
   * @param oracle whether test data chose a setting
   */
  record Head(String name, String id, String anchor, String variant, boolean oracle) {}

  /**
   * A line.
   *
   * @param cells one per column; empty if there are no numbers
   * @param status what there is in place of numbers
   * @param reason why
   */
  record Row(Head head, List<Cell> cells, String status, String reason) {

    /** Whether a reason stands in place of the numbers. */
    boolean empty() {
      return !status.isEmpty();
    }
  }

  /**
   * One number.
   *
   * @param text the mean
   * @param spread standard deviation; empty for one value
   * @param change against the model that came in; empty where that says nothing
   * @param origin single values and denominator
   * @param bar length in percent; empty for no bar
   * @param css classes
   */
  record Cell(String text, String spread, String change, String origin, String bar, String css) {

    /** Whether there is anything small below the number. */
    boolean below() {
      return !spread.isEmpty() || !change.isEmpty();
    }
  }

  /** Whether there is any line. */
  boolean present() {
    return !rows.isEmpty();
  }

  /** Number of columns of numbers. */
  int width() {
    return columns.size();
  }

  /** Models before and after: no defense first, then each defense that returned a model. */
  static ReportTable models(ReportCells cells, Function<String, String> names) {
    List<Line> lines = new ArrayList<>();
    lines.add(new Line(new Head("no defense", "", "", "", false), cells.attack(), cells.control()));
    for (Defense defense : cells.defenses()) {
      if (measures(defense, List.of("c_acc")) || !measures(defense, DETECTION)) {
        lines.add(line(defense, names));
      }
    }
    return table(ReportColumns.MODELS, lines);
  }

  /** What detectors found: samples, models. */
  static ReportTable detectors(ReportCells cells, Function<String, String> names) {
    List<Line> lines =
        cells.defenses().stream()
            .filter(defense -> measures(defense, DETECTION))
            .map(defense -> line(defense, names))
            .toList();
    return table(ReportColumns.DETECTORS, lines);
  }

  private static boolean measures(Defense defense, List<String> metrics) {
    return Stream.concat(Stream.of(defense.attacked()), defense.control().stream())
        .flatMap(row -> row.measured().stream())
        .flatMap(record -> record.after().stream())
        .anyMatch(measurement -> metrics.contains(measurement.name()));
  }

  private static Line line(Defense defense, Function<String, String> names) {
    Head head =
        new Head(
            names.apply(defense.id()),
            defense.id(),
            defense.anchor(),
            defense.variant(),
            defense.oracle());
    return new Line(head, Optional.of(defense.attacked()), defense.control());
  }

  private static ReportTable table(List<Spec> all, List<Line> lines) {
    List<Spec> specs =
        all.stream()
            .filter(spec -> lines.stream().anyMatch(line -> spec.cell().apply(line).isPresent()))
            .toList();
    List<Row> rows = lines.stream().map(line -> row(line, specs)).toList();
    return new ReportTable(groups(specs), columns(specs), rows);
  }

  private static Row row(Line line, List<Spec> specs) {
    Optional<ResultRecord> missing =
        line.attacked()
            .filter(row -> row.measured().isEmpty())
            .flatMap(row -> row.missing().stream().findFirst());
    if (missing.isPresent()) {
      String status = Names.hyphenated(missing.get().status()).replace('-', ' ');
      return new Row(line.head(), List.of(), status, missing.get().reason());
    }
    List<Cell> cells = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      Cell cell = specs.get(i).cell().apply(line).orElse(ReportColumns.NONE);
      cells.add(begins(specs, i) ? first(cell) : cell);
    }
    return new Row(line.head(), cells, "", "");
  }

  private static boolean begins(List<Spec> specs, int i) {
    return i == 0 || !specs.get(i).group().equals(specs.get(i - 1).group());
  }

  private static Cell first(Cell cell) {
    String css = (cell.css() + " first").trim();
    return new Cell(cell.text(), cell.spread(), cell.change(), cell.origin(), cell.bar(), css);
  }

  private static List<Column> columns(List<Spec> specs) {
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      columns.add(new Column(specs.get(i).title(), specs.get(i).explanation(), begins(specs, i)));
    }
    return columns;
  }

  private static List<Group> groups(List<Spec> specs) {
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      if (begins(specs, i)) {
        groups.add(new Group(specs.get(i).group(), 1));
      } else {
        Group last = groups.remove(groups.size() - 1);
        groups.add(new Group(last.title(), last.span() + 1));
      }
    }
    return groups;
  }
}
