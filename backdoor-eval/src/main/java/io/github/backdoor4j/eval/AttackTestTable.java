package io.github.backdoor4j.eval;

import io.github.backdoor4j.eval.Summary.Statistics;
import java.util.ArrayList;
import java.util.List;

/** The self-test's table of attacks, for the console and for the docs. */
final class AttackTestTable {

  private static final List<String> TITLES =
      List.of(
          "attack",
          "C-Acc",
          "loss",
          "ASR",
          "R-Acc",
          "clean ASR",
          "PSNR dB",
          "seconds",
          "share",
          "band");

  private AttackTestTable() {}

  /** Lines for the console. */
  static List<String> lines(List<AttackTestRow> rows) {
    List<TextTable.Column> columns = new ArrayList<>();
    for (int i = 0; i < TITLES.size(); i++) {
      columns.add(new TextTable.Column("", TITLES.get(i), i == 0 || i == TITLES.size() - 1));
    }
    TextTable table = new TextTable(columns);
    rows.forEach(row -> table.add(cells(row, rows)));
    return table.lines();
  }

  /** A table in Markdown. */
  static String markdown(List<AttackTestRow> rows) {
    StringBuilder text = new StringBuilder();
    text.append("| ").append(String.join(" | ", TITLES)).append(" |\n|---");
    text.append("|---:".repeat(TITLES.size() - 2)).append("|---|\n");
    for (AttackTestRow row : rows) {
      text.append("| ").append(String.join(" | ", cells(row, rows))).append(" |\n");
    }
    return text.toString();
  }

  private static List<String> cells(AttackTestRow row, List<AttackTestRow> all) {
    double total = all.stream().mapToDouble(AttackTestTable::totalSeconds).sum();
    return List.of(
        row.expected().attack(),
        percent(row.metric("c_acc")),
        percent(row.loss()),
        percent(row.metric("asr")),
        percent(row.metric("r_acc")),
        percent(row.cleanAsr()),
        spread(row.psnr(), 1, 1),
        spread(row.seconds(), 1, 0),
        ReportText.fixed(100 * totalSeconds(row) / total, 1) + " %",
        row.misses().isEmpty() ? "holds" : String.join("; ", row.misses()));
  }

  private static double totalSeconds(AttackTestRow row) {
    return row.attacks().stream().mapToDouble(ResultRecord::seconds).sum();
  }

  private static String percent(Statistics of) {
    return spread(of, 100, 1);
  }

  private static String spread(Statistics of, double scale, int decimals) {
    if (of.n() == 0) {
      return ReportText.MISSING;
    }
    String mean = ReportText.fixed(scale * of.mean(), decimals);
    return of.n() < 2 ? mean : mean + " ± " + ReportText.fixed(scale * of.sd(), decimals);
  }
}
