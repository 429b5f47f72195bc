package io.github.backdoor4j.eval;

import java.util.ArrayList;
import java.util.List;

/** A table for the console: columns under headings, columns in groups. */
final class TextTable {

  private static final String GAP = "  ";

  /**
   * A column.
   *
   * @param group heading over this and its neighbours of the same group; may be empty
   * @param title heading
   * @param left whether cells are flush left; numbers are not
   */
  record Column(String group, String title, boolean left) {}

  private final List<Column> columns;
  private final List<List<String>> rows = new ArrayList<>();

  TextTable(List<Column> columns) {
    this.columns = List.copyOf(columns);
  }

  /** A table without groups whose columns are all flush left. */
  static TextTable ofTexts(String... titles) {
    return new TextTable(
        java.util.Arrays.stream(titles).map(t -> new Column("", t, true)).toList());
  }

  void add(List<String> cells) {
    if (cells.size() != columns.size()) {
      throw new IllegalArgumentException(cells + " for " + columns.size() + " columns");
    }
    rows.add(List.copyOf(cells));
  }

  /** The lines, without blanks at their ends. */
  List<String> lines() {
    int[] widths = widths();
    List<String> lines = new ArrayList<>();
    if (columns.stream().anyMatch(column -> !column.group().isEmpty())) {
      lines.add(groupLine(widths));
    }
    lines.add(line(columns.stream().map(Column::title).toList(), widths));
    lines.add("-".repeat(lines.stream().mapToInt(String::length).max().orElse(0)));
    rows.forEach(row -> lines.add(line(row, widths)));
    return lines;
  }

  private int[] widths() {
    int[] widths = new int[columns.size()];
    for (int i = 0; i < widths.length; i++) {
      int column = i;
      widths[i] =
          Math.max(
              columns.get(i).title().length(),
              rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0));
    }
    for (int from = 0; from < widths.length; from = groupEnd(from)) {
      int missing = columns.get(from).group().length() - span(widths, from, groupEnd(from));
      widths[from] += Math.max(0, missing); // a long group heading widens its first column
    }
    return widths;
  }

  private int groupEnd(int from) {
    int to = from + 1;
    while (to < columns.size() && columns.get(to).group().equals(columns.get(from).group())) {
      to++;
    }
    return to;
  }

  private static int span(int[] widths, int from, int to) {
    int sum = GAP.length() * (to - from - 1);
    for (int i = from; i < to; i++) {
      sum += widths[i];
    }
    return sum;
  }

  private String groupLine(int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int from = 0; from < widths.length; from = groupEnd(from)) {
      String group = columns.get(from).group();
      int width = span(widths, from, groupEnd(from));
      line.append(from == 0 ? "" : GAP).append(group).append(" ".repeat(width - group.length()));
    }
    return line.toString().stripTrailing();
  }

  private String line(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = cells.get(i);
      String blanks = " ".repeat(widths[i] - cell.length());
      line.append(i == 0 ? "" : GAP);
      line.append(columns.get(i).left() ? cell + blanks : blanks + cell);
    }
    return line.toString().stripTrailing();
  }
}
