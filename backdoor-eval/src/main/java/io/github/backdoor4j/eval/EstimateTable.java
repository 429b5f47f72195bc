package io.github.backdoor4j.eval;

import java.util.ArrayList;
import java.util.List;

/** What a run will cost, for the console. */
final class EstimateTable {

  private EstimateTable() {}

  static List<String> lines(CostEstimate estimate) {
    TextTable table =
        new TextTable(
            List.of(
                new TextTable.Column("", "to do", true),
                new TextTable.Column("", "times", false),
                new TextTable.Column("", "passes", false),
                new TextTable.Column("", "about", false)));
    for (CostEstimate.Line line : estimate.lines()) {
      boolean known = !Double.isNaN(line.seconds());
      table.add(
          List.of(
              line.title(),
              Integer.toString(line.cells()),
              known ? ReportText.fixed(line.passes(), 1) : ReportText.MISSING,
              known ? Text.duration(line.seconds()) : ReportText.MISSING));
    }
    List<String> lines = new ArrayList<>(table.lines());
    lines.add(
        "about "
            + Text.duration(estimate.seconds())
            + (estimate.atOnce() > 1 ? ", " + estimate.atOnce() + " seeds at a time" : "")
            + (estimate.partial() ? ", and the methods that do not say" : "")
            + "; a pass is a forward pass over the training set, backward counts as two");
    if (!estimate.speedAge().isZero()) {
      lines.add(
          "(by the network's speed as measured here "
              + Text.duration((double) estimate.speedAge().toSeconds())
              + " ago; --fresh measures anew)");
    }
    return lines;
  }
}
