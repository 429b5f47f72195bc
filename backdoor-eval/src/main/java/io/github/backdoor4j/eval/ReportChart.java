package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.Figure;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A chart on the page: what the script draws, and the same in words and as a table for those who do
 * not see it.
 *
 * @param title what it shows
 * @param label in words
 * @param json what is drawn, safe inside a script element
 * @param head of the table
 * @param rows of the table
 * @param note what the drawing leaves out; may be empty
 */
record ReportChart(
    String title,
    String label,
    String json,
    List<String> head,
    List<List<String>> rows,
    String note) {

  private static final MathContext DRAWN = new MathContext(6);
  private static final double FAR = 0.5;

  /**
   * One line of a chart.
   *
   * @param name in the table
   * @param legend in the chart; empty for a line that needs none, being a repetition
   * @param role chooses the colour, so that it means the same in all charts; empty for the next one
   * @param dashed for what is shown for comparison
   */
  record Line(String name, String legend, String role, boolean dashed, List<Double> values) {}

  /** Lines over a common axis. */
  static ReportChart lines(
      String title, String xLabel, String yLabel, List<Double> x, List<Line> lines) {
    ObjectNode json = chart("lines", xLabel, yLabel);
    x.forEach(value -> add(json.withArray("x"), value));
    for (Line line : lines) {
      ObjectNode series = json.withArray("series").addObject();
      series.put("name", line.name()).put("legend", line.legend());
      series.put("role", line.role()).put("dashed", line.dashed());
      line.values().forEach(value -> add(series.withArray("y"), value));
    }
    List<String> head = new ArrayList<>(List.of(xLabel));
    List<List<String>> rows = new ArrayList<>();
    lines.forEach(line -> head.add(line.name()));
    for (int i = 0; i < x.size(); i++) {
      List<String> row = new ArrayList<>(List.of(ReportText.number(x.get(i))));
      for (Line line : lines) {
        row.add(ReportText.number(line.values().get(i)));
      }
      rows.add(row);
    }
    String words =
        lines.stream().map(ReportChart::course).collect(Collectors.joining("; ", ": ", "."));
    return new ReportChart(
        title, "Line chart of " + yLabel + " by " + xLabel + words, inline(json), head, rows, "");
  }

  private static String course(Line line) {
    List<Double> known = line.values().stream().filter(Double::isFinite).toList();
    return known.isEmpty()
        ? line.name() + " was not measured"
        : line.name()
            + " from "
            + ReportText.number(known.get(0))
            + " to "
            + ReportText.number(known.get(known.size() - 1));
  }

  static ReportChart of(Figure.Curves figure) {
    List<Line> lines = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    figure
        .series()
        .forEach(
            (name, values) -> lines.add(new Line(name, name, role(name, taken), false, values)));
    return lines(figure.title(), figure.xLabel(), figure.yLabel(), figure.x(), lines);
  }

  static ReportChart of(Figure.Bars figure) {
    ObjectNode json = chart("bars", "", figure.yLabel());
    List<List<String>> rows = new ArrayList<>();
    ObjectNode series = json.withArray("series").addObject();
    series.put("name", figure.yLabel()).put("legend", "").put("role", "clean");
    figure
        .bars()
        .forEach(
            (name, value) -> {
              json.withArray("x").add(name);
              add(series.withArray("y"), value);
              rows.add(List.of(name, ReportText.number(value)));
            });
    String line = threshold(json, figure.threshold());
    String label = "Bar chart of " + figure.yLabel() + " with " + rows.size() + " bars" + line;
    return new ReportChart(
        figure.title(), label + ".", inline(json), List.of("", figure.yLabel()), rows, "");
  }

  static ReportChart of(Figure.Histogram figure) {
    HistogramBins bins = HistogramBins.of(figure.samples());
    ObjectNode json = chart("histogram", figure.xLabel(), "share of the group");
    List<String> head = new ArrayList<>(List.of("from", "to"));
    for (double edge : bins.edges()) {
      add(json.withArray("x"), edge);
    }
    Set<String> taken = new HashSet<>();
    for (String group : bins.counts().keySet()) {
      ObjectNode series = json.withArray("series").addObject();
      series.put("name", group).put("legend", group).put("role", role(group, taken));
      bins.shares(group).forEach(share -> add(series.withArray("y"), share));
      head.add(group);
    }
    List<String> notes = new ArrayList<>();
    String line = "";
    if (near(figure.threshold(), bins)) {
      line = threshold(json, figure.threshold());
    } else if (!Double.isNaN(figure.threshold())) {
      notes.add("The threshold " + ReportText.number(figure.threshold()) + " lies far outside.");
    }
    if (bins.leftOut() > 0) {
      notes.add(ReportText.count(bins.leftOut(), "value") + " not finite left out.");
    }
    String label =
        "Histogram of " + figure.xLabel() + " for " + ReportText.enumerate(groups(figure)) + line;
    return new ReportChart(
        figure.title(), label + ".", inline(json), head, rows(bins), String.join(" ", notes));
  }

  private static List<String> groups(Figure.Histogram figure) {
    return figure.samples().entrySet().stream()
        .map(group -> ReportText.count(group.getValue().size()) + " " + group.getKey())
        .toList();
  }

  private static List<List<String>> rows(HistogramBins bins) {
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < bins.size(); i++) {
      List<String> row = new ArrayList<>();
      row.add(ReportText.number(bins.edges()[i]));
      row.add(ReportText.number(bins.edges()[i + 1]));
      for (Map.Entry<String, int[]> group : bins.counts().entrySet()) {
        row.add(ReportText.count(group.getValue()[i]));
      }
      rows.add(row);
    }
    return rows;
  }

  /** Whether a line at the threshold leaves the bins wide enough to be seen. */
  private static boolean near(double threshold, HistogramBins bins) {
    double low = bins.edges()[0];
    double high = bins.edges()[bins.size()];
    double margin = FAR * (high - low);
    return threshold >= low - margin && threshold <= high + margin; // false for NaN
  }

  private static String threshold(ObjectNode json, double threshold) {
    if (!Double.isFinite(threshold)) {
      return "";
    }
    json.put("threshold", threshold);
    return ", threshold at " + ReportText.number(threshold);
  }

  /**
   * What a series is about by its name, so that all charts draw it in one colour; empty if that is
   * unknown or another series of the chart has it.
   */
  private static String role(String name, Set<String> taken) {
    String words = " " + name.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", " ") + " ";
    String role = "";
    if (words.matches(".* (asr|attack|poison|poisoned|triggered|backdoored) .*")) {
      role = "attack";
    } else if (words.matches(".* (clean|c acc|accuracy) .*")) {
      role = "clean";
    }
    return !role.isEmpty() && taken.add(role) ? role : "";
  }

  private static ObjectNode chart(String type, String xLabel, String yLabel) {
    ObjectNode json = Json.mapper().createObjectNode();
    json.put("type", type).put("xLabel", xLabel).put("yLabel", yLabel);
    json.putArray("x");
    json.putArray("series");
    return json;
  }

  /** Six digits are more than a screen shows; what is not finite becomes a gap. */
  private static void add(ArrayNode values, double value) {
    if (Double.isFinite(value)) {
      values.add(new BigDecimal(value).round(DRAWN).doubleValue());
    } else {
      values.addNull();
    }
  }

  /** JSON in which nothing can end the script element around it. */
  private static String inline(ObjectNode json) {
    return Json.write(json).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
  }
}
