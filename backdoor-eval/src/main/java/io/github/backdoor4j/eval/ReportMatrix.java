package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Figure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A square of shaded numbers.
 *
 * @param corner what rows and columns are
 * @param columns names
 * @param rows a line each
 */
record ReportMatrix(String corner, List<String> columns, List<Row> rows) {

  private static final double STRONG = 0.5;

  /** One line. */
  record Row(String name, List<Cell> cells) {}

  /**
   * One number.
   *
   * @param text in percent; empty for less than half a percent
   * @param shade in percent of the full colour
   * @param css classes
   */
  record Cell(String text, String shade, String css) {}

  static ReportMatrix of(Figure.Matrix figure) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < figure.names().size(); i++) {
      List<Cell> cells = figure.values().get(i).stream().map(ReportMatrix::cell).toList();
      rows.add(new Row(figure.names().get(i), cells));
    }
    return new ReportMatrix(
        figure.rowLabel() + " ↓  " + figure.columnLabel() + " →", figure.names(), rows);
  }

  private static Cell cell(double value) {
    long percent = Math.round(100 * value);
    return new Cell(
        percent == 0 ? "" : Long.toString(percent),
        String.format(Locale.ROOT, "%.0f", 100 * value),
        value > STRONG ? "strong" : "");
  }
}
