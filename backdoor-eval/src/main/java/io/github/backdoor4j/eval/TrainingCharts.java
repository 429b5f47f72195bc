package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.eval.ReportChart.Line;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** How the victim learned, epoch by epoch: every seed a line, the clean control dashed. */
final class TrainingCharts {

  private final List<ResultRecord> records;
  private final boolean severalSeeds;

  /**
   * @param records of attacks and controls
   */
  TrainingCharts(List<ResultRecord> records) {
    this.records = records.stream().filter(r -> !r.history().epochs().isEmpty()).toList();
    this.severalSeeds = records.stream().map(r -> r.spec().seed()).distinct().count() > 1;
  }

  List<ReportFigure> draw() {
    List<ReportFigure> figures = new ArrayList<>();
    add(figures, "Loss", "mean training loss", List.of("loss"));
    add(figures, "Accuracy", "share", List.of("accuracy", "c_acc"));
    add(figures, "Attack", "share", List.of("asr", "r_acc"));
    Set<String> others = new LinkedHashSet<>();
    records.forEach(r -> r.history().epochs().forEach(e -> others.addAll(e.means().keySet())));
    others.removeAll(List.of("loss", "accuracy", "c_acc", "asr", "r_acc"));
    others.forEach(name -> add(figures, ReportText.words(name), "epoch mean", List.of(name)));
    return figures;
  }

  /** What the lines stand for; empty if there are none. */
  String explanation() {
    if (records.isEmpty()) {
      return "";
    }
    boolean control = records.stream().anyMatch(record -> record.spec().control());
    return "Solid: the backdoored model."
        + (control ? " Dashed: the clean control." : "")
        + (severalSeeds ? " One line per seed." : "");
  }

  private void add(List<ReportFigure> figures, String title, String yLabel, List<String> names) {
    int epochs = records.stream().mapToInt(r -> r.history().epochs().size()).max().orElse(0);
    List<Double> x = IntStream.rangeClosed(1, epochs).mapToObj(epoch -> (double) epoch).toList();
    List<Line> lines = new ArrayList<>();
    for (ResultRecord record : records) {
      for (String name : names) {
        List<Double> values = values(record, name, epochs);
        if (values.stream().anyMatch(Double::isFinite)) {
          lines.add(line(record, name, values));
        }
      }
    }
    if (!lines.isEmpty()) {
      figures.add(ReportFigure.of(ReportChart.lines(title, "epoch", yLabel, x, lines)));
    }
  }

  private static List<Double> values(ResultRecord record, String name, int epochs) {
    List<EpochReport> reports = record.history().epochs();
    return IntStream.range(0, epochs)
        .mapToObj(epoch -> epoch < reports.size() ? reports.get(epoch).mean(name) : Double.NaN)
        .toList();
  }

  private Line line(ResultRecord record, String name, List<Double> values) {
    boolean control = record.spec().control();
    boolean first = record.spec().seed() == records.get(0).spec().seed();
    String what = title(name) + (control ? ", clean control" : "");
    String seed = severalSeeds ? ", seed " + record.spec().seed() : "";
    String legend = first && !control ? what : "";
    return new Line(what + seed, legend, role(name), control, values);
  }

  private static String title(String name) {
    return switch (name) {
      case "loss" -> "training loss";
      case "accuracy" -> "training accuracy";
      case "c_acc" -> "C-Acc";
      case "asr" -> "ASR";
      case "r_acc" -> "R-Acc";
      default -> ReportText.words(name);
    };
  }

  private static String role(String name) {
    return switch (name) {
      case "c_acc" -> "clean";
      case "asr" -> "attack";
      case "r_acc" -> "robust";
      default -> "plain";
    };
  }
}
