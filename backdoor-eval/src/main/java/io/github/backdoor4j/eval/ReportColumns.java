package io.github.backdoor4j.eval;

import io.github.backdoor4j.eval.ReportTable.Cell;
import io.github.backdoor4j.eval.ReportTable.Head;
import io.github.backdoor4j.eval.Summary.Statistics;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** The columns of the result tables. */
final class ReportColumns {

  /** What a line of a table is about. */
  record Line(Head head, Optional<Summary.Row> attacked, Optional<Summary.Row> control) {}

  /**
   * A column.
   *
   * @param group heading that it shares with its neighbours
   * @param cell absent if nothing was measured
   */
  record Spec(
      String group, String title, String explanation, Function<Line, Optional<Cell>> cell) {}

  /** Stands where a column has no number. */
  static final Cell NONE = new Cell(ReportText.MISSING, "", "", "not measured", "", "none");

  private static final String ATTACKED = "backdoored model";
  private static final String CONTROL = "clean control";
  private static final String COST = "cost";

  private static final List<Spec> COSTS =
      List.of(
          new Spec(COST, "s", "wall time in seconds", l -> cost(l, Summary.Row::seconds, 1)),
          new Spec(COST, "MiB", "peak memory", l -> cost(l, Summary.Row::peakMemoryMb, 0)));

  static final List<Spec> MODELS =
      with(
          COSTS,
          share(ATTACKED, "C-Acc %", "clean accuracy", "c_acc", "clean"),
          share(ATTACKED, "ASR %", "attack success rate", "asr", "attack"),
          share(ATTACKED, "R-Acc %", "triggered images given their true class", "r_acc", ""),
          number(ATTACKED, "DER %", "defense effectiveness rating; 50: no effect", "der", 100, 2),
          number(ATTACKED, "RIR %", "robust improvement rating; 50: no effect", "rir", 100, 2),
          share(CONTROL, "C-Acc %", "clean accuracy", "c_acc", ""),
          share(CONTROL, "ASR %", "the same trigger on the clean model", "asr", ""));

  static final List<Spec> DETECTORS =
      with(
          COSTS,
          share(ATTACKED, "TPR %", "true positive rate; the same as recall", "tpr", ""),
          share(ATTACKED, "FPR %", "false positive rate", "fpr", ""),
          share(ATTACKED, "Precision %", "share of the flagged that is poisoned", "precision", ""),
          number(ATTACKED, "F1 %", "harmonic mean of precision and recall", "f1", 100, 2),
          number(ATTACKED, "AUROC", "area under the ROC curve; 0.5: chance", "auroc", 1, 4),
          new Spec(ATTACKED, "Verdict", "on the model", l -> verdict(l.attacked(), true)),
          number(ATTACKED, "Score", "that the verdict rests on", "verdict_score", 1, 2),
          share(CONTROL, "FPR %", "false positive rate", "fpr", ""),
          new Spec(CONTROL, "Verdict", "on the model", l -> verdict(l.control(), false)),
          number(CONTROL, "Score", "that the verdict rests on", "verdict_score", 1, 2));

  private ReportColumns() {}

  private static List<Spec> with(List<Spec> last, Spec... first) {
    return Stream.concat(Stream.of(first), last.stream()).toList();
  }

  private static Spec share(
      String group, String title, String explanation, String metric, String css) {
    return new Spec(
        group,
        title,
        explanation,
        line ->
            of(group, line)
                .filter(row -> row.after(metric).n() > 0)
                .map(row -> share(row, metric, css)));
  }

  private static Spec number(
      String group, String title, String explanation, String metric, double scale, int decimals) {
    return new Spec(
        group,
        title,
        explanation,
        line ->
            of(group, line)
                .filter(row -> row.after(metric).n() > 0)
                .map(row -> number(row, metric, scale, decimals)));
  }

  private static Optional<Summary.Row> of(String group, Line line) {
    return group.equals(CONTROL) ? line.control() : line.attacked();
  }

  /** A share of things counted, in percent; with a bar and its change where it has a colour. */
  private static Cell share(Summary.Row row, String metric, String css) {
    Statistics after = row.after(metric);
    boolean main = !css.isEmpty();
    Statistics before = main ? row.before(metric) : Statistics.of(DoubleStream.empty());
    return new Cell(
        ReportText.percent(after.mean()),
        after.n() < 2 ? "" : ReportText.percent(after.sd()),
        before.n() == 0 ? "" : ReportText.points(after.mean() - before.mean()),
        ReportText.origin(after, row.denominator(metric), true),
        main ? String.format(Locale.ROOT, "%.2f", 100 * after.mean()) : "",
        css);
  }

  private static Cell number(Summary.Row row, String metric, double scale, int decimals) {
    Statistics of = row.after(metric);
    return new Cell(
        ReportText.fixed(scale * of.mean(), decimals),
        of.n() < 2 ? "" : ReportText.fixed(scale * of.sd(), decimals),
        "",
        ReportText.origin(of, row.denominator(metric), false),
        "",
        "");
  }

  /** Whether models were called backdoored, and whether that is right. */
  private static Optional<Cell> verdict(Optional<Summary.Row> row, boolean backdoored) {
    Statistics of =
        row.map(r -> r.after("verdict")).orElseGet(() -> Statistics.of(DoubleStream.empty()));
    if (of.n() == 0) {
      return Optional.empty();
    }
    long called = of.values().stream().filter(value -> value == 1).count();
    String tally = called + " of " + of.n() + " called backdoored";
    boolean right = called == (backdoored ? of.n() : 0);
    String text = called == 0 ? "clean" : called == of.n() ? "backdoored" : tally;
    String css = right ? "verdict right" : "verdict wrong";
    return Optional.of(new Cell(text, "", "", (right ? "right: " : "wrong: ") + tally, "", css));
  }

  private static Optional<Cell> cost(
      Line line, Function<Summary.Row, Statistics> number, int decimals) {
    return line.attacked()
        .map(number)
        .filter(of -> of.n() > 0)
        .map(
            of ->
                new Cell(
                    ReportText.fixed(of.mean(), decimals),
                    "",
                    "",
                    ReportText.origin(of, 0, false),
                    "",
                    "faint"));
  }
}
