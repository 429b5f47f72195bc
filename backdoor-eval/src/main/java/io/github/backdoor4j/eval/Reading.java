package io.github.backdoor4j.eval;

import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.Summary.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What the numbers of a run say, in a few sentences that are made from them. */
final class Reading {

  /** An attack success rate below which a backdoor counts as removed. */
  static final double REMOVED = 0.10;

  /** A loss of clean accuracy that is still acceptable. */
  static final double TOLERATED_LOSS = 0.04;

  private static final double WORKS = 0.80;
  private static final double TELLS_APART = 0.80;
  private static final double POINTS = 100;

  private final List<Row> rows;
  private final Row attack;

  private Reading(List<Row> rows, Row attack) {
    this.rows = rows;
    this.attack = attack;
  }

  /** Sentences for people; none without an attack that was measured. */
  static List<String> of(List<ResultRecord> records) {
    List<Row> rows = Summary.of(records);
    return ResultTable.row(rows, Kind.ATTACK)
        .map(attack -> new Reading(rows, attack).sentences())
        .orElse(List.of());
  }

  private List<String> sentences() {
    List<String> result = new ArrayList<>();
    result.add(attackSentence());
    List<Row> repairs = defenses(row -> !Double.isNaN(row.after("asr").mean()));
    List<Row> removed = repairs.stream().filter(this::removed).toList();
    if (!repairs.isEmpty()) {
      result.add(removedSentence(removed));
      repairs.stream()
          .filter(row -> !removed.contains(row))
          .map(this::outcome)
          .reduce((one, two) -> one + "; " + two)
          .ifPresent(text -> result.add("That is not so for " + text + "."));
    }
    detectors().ifPresent(result::add);
    verdicts().ifPresent(result::add);
    result.add(caution());
    return result;
  }

  private String attackSentence() {
    double success = mean(attack, "asr");
    String control =
        ResultTable.row(rows, Kind.CONTROL)
            .map(
                row ->
                    format(
                        " A clean model has C-Acc %s %% and obeys the trigger in %s %%.",
                        Text.percent(mean(row, "c_acc")), Text.percent(mean(row, "asr"))))
            .orElse("");
    return format(
        "%s: %s makes %s %% of the triggered images what the attacker wants, at C-Acc %s %%.%s",
        success >= WORKS ? "The attack works" : "The attack does not take hold",
        attack.spec().attack(),
        Text.percent(success),
        Text.percent(mean(attack, "c_acc")),
        control);
  }

  private List<Row> defenses(Predicate<Row> wanted) {
    return rows.stream()
        .filter(row -> row.kind() == Kind.DEFENSE && !row.measured().isEmpty())
        .filter(wanted)
        .toList();
  }

  private boolean removed(Row row) {
    return mean(row, "asr") < REMOVED && loss(row) < TOLERATED_LOSS;
  }

  /** Clean accuracy given up, over the same seeds. */
  private static double loss(Row row) {
    return row.before("c_acc").mean() - mean(row, "c_acc");
  }

  private static String removedSentence(List<Row> removed) {
    String limits =
        format(
            "the ASR under %.0f %% at a C-Acc loss under %.0f points",
            REMOVED * POINTS, TOLERATED_LOSS * POINTS);
    return removed.isEmpty()
        ? "No defense brought " + limits + "."
        : names(removed) + " brought " + limits + ".";
  }

  private String outcome(Row row) {
    return format(
        "%s (ASR %s %%, C-Acc %s points)",
        row.spec().defense(), Text.percent(mean(row, "asr")), ReportText.points(-loss(row)));
  }

  private Optional<String> detectors() {
    List<Row> scored = defenses(row -> !Double.isNaN(row.after("auroc").mean()));
    return scored.stream()
        .map(
            row ->
                format(
                    "%s %s poisoned from clean (AUROC %s, finds %s %%, false alarms %s %%)",
                    row.spec().defense(),
                    mean(row, "auroc") >= TELLS_APART ? "tells" : "hardly tells",
                    ReportText.fixed(mean(row, "auroc"), 3),
                    Text.percent(mean(row, "tpr")),
                    Text.percent(mean(row, "fpr"))))
        .reduce((one, two) -> one + "; " + two)
        .map(text -> text + ".");
  }

  private Optional<String> verdicts() {
    return rows.stream()
        .filter(row -> !Double.isNaN(row.after("verdict").mean()))
        .map(Reading::verdict)
        .reduce((one, two) -> one + "; " + two)
        .map(text -> text + ".");
  }

  private static String verdict(Row row) {
    double right = mean(row, "verdict_right");
    return format(
        "%s %s the %s model",
        row.spec().defense(),
        right == 1 ? "judges rightly" : right == 0 ? "misjudges" : "sometimes misjudges",
        row.spec().control() ? "clean" : "backdoored");
  }

  private String caution() {
    long images = attack.denominator("c_acc");
    // two standard errors of a share near one half
    long step = images == 0 ? 1 : Math.round(2 * POINTS * Math.sqrt(0.25 / images));
    return format(
        "%s and %s: a difference below about %s may be chance.",
        ReportText.count(attack.measured().size(), "seed"),
        ReportText.count(images, "test image"),
        ReportText.count(Math.max(1, step), "point"));
  }

  private static String names(List<Row> rows) {
    return rows.stream().map(row -> row.spec().defense()).collect(Collectors.joining(", "));
  }

  private static double mean(Row row, String metric) {
    return row.after(metric).mean();
  }

  private static String format(String template, Object... args) {
    return String.format(Locale.ROOT, template, args);
  }
}
