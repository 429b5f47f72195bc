package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.eval.ReportCells.Defense;
import io.github.backdoor4j.eval.ResultRecord.CellSpec;
import io.github.backdoor4j.eval.Summary.Statistics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What the top of the page says: two sentences and a few large numbers. */
final class ReportHeadlines {

  /**
   * A large number.
   *
   * @param label what it is
   * @param value with its unit
   * @param below what to compare it with
   * @param css colour
   */
  record Card(String label, String value, String below, String css) {

    /** Whether the value is no number. */
    boolean word() {
      return value.chars().noneMatch(Character::isDigit);
    }
  }

  private final ReportCells cells;
  private final ReportMethods methods;

  ReportHeadlines(ReportCells cells, ReportMethods methods) {
    this.cells = cells;
    this.methods = methods;
  }

  /** What was done. */
  List<String> sentences(RunResult result) {
    if (result.records().isEmpty()) {
      return List.of("This run has no results.");
    }
    CellSpec spec = result.records().get(0).spec();
    int seeds = result.plan().seeds().size();
    String mean =
        seeds == 1
            ? "Numbers are from one seed, so they have no spread."
            : "Numbers are means over " + seeds + " seeds, ± their sample standard deviation.";
    return List.of(attacked(spec), defended() + " " + mean);
  }

  private String attacked(CellSpec spec) {
    String ratio =
        Double.isNaN(spec.poisonRatio())
            ? ""
            : " at a poisoning ratio of " + ReportText.number(100 * spec.poisonRatio()) + " %";
    return String.format(
        Locale.ROOT,
        "A %s network trained on %s was backdoored with %s%s%s.",
        spec.model(),
        spec.dataset(),
        methods.attack(spec.attack()),
        ratio,
        labels(spec));
  }

  private String labels(CellSpec spec) {
    JsonNode target = spec.attackOptions().path("target");
    if (spec.attackOptions().path("labels").asText().equals("all-to-all")) {
      return ", every class towards the next";
    }
    return target.isInt() || target.isLong()
        ? ", towards class " + methods.className(spec.dataset(), target.asInt())
        : "";
  }

  private String defended() {
    int count = cells.defenses().size();
    String control = cells.control().isPresent() ? " and on a clean control network" : "";
    return count == 0
        ? "No defense was applied."
        : ReportText.count(count, "defense") + " acted on it" + control + ".";
  }

  List<Card> cards() {
    return Stream.of(accuracy(), attack(), best(), detector(), verdict())
        .flatMap(Optional::stream)
        .toList();
  }

  private Optional<Card> accuracy() {
    return share(cells.attack(), "c_acc")
        .map(value -> new Card("Clean accuracy, backdoored", value, control("c_acc"), "clean"));
  }

  private Optional<Card> attack() {
    return share(cells.attack(), "asr")
        .map(value -> new Card("Attack success rate", value, control("asr"), "attack"));
  }

  private String control(String metric) {
    return share(cells.control(), metric).map(v -> v + " on the clean control").orElse("");
  }

  private static Optional<String> share(Optional<Summary.Row> row, String metric) {
    return row.map(r -> r.after(metric))
        .filter(of -> of.n() > 0)
        .map(of -> ReportText.percent(of.mean()) + " %");
  }

  /** The repair with the highest DER; those that test data tuned do not compete. */
  private Optional<Card> best() {
    return top("der")
        .map(
            defense -> {
              Summary.Row row = defense.attacked();
              double loss = row.before("c_acc").mean() - row.after("c_acc").mean();
              return new Card(
                  "ASR after " + methods.defense(defense.id()),
                  ReportText.percent(row.after("asr").mean()) + " %",
                  "best by DER; C-Acc loss " + ReportText.percent(loss) + " points",
                  "");
            });
  }

  private Optional<Card> detector() {
    return top("auroc")
        .map(
            defense -> {
              Summary.Row row = defense.attacked();
              return new Card(
                  "AUROC of " + methods.defense(defense.id()),
                  ReportText.fixed(row.after("auroc").mean(), 4),
                  "best detector; TPR "
                      + ReportText.percent(row.after("tpr").mean())
                      + " %, FPR "
                      + ReportText.percent(row.after("fpr").mean())
                      + " %",
                  "");
            });
  }

  private Optional<Defense> top(String metric) {
    return cells.defenses().stream()
        .filter(defense -> !defense.oracle() && defense.attacked().after(metric).n() > 0)
        .max(Comparator.comparingDouble(defense -> defense.attacked().after(metric).mean()));
  }

  private Optional<Card> verdict() {
    return cells.defenses().stream()
        .filter(defense -> defense.attacked().after("verdict").n() > 0)
        .findFirst()
        .map(
            defense ->
                new Card(
                    "Verdict of " + methods.defense(defense.id()),
                    tally(defense.attacked().after("verdict")),
                    defense
                        .control()
                        .map(row -> row.after("verdict"))
                        .filter(of -> of.n() > 0)
                        .map(of -> "on the clean control: " + tally(of))
                        .orElse(""),
                    defense.attacked().after("verdict").mean() == 1 ? "good" : "attack"));
  }

  private static String tally(Statistics verdict) {
    long called = verdict.values().stream().filter(value -> value == 1).count();
    return called == 0
        ? "clean"
        : called == verdict.n() ? "backdoored" : called + " of " + verdict.n() + " backdoored";
  }

  /** What a reader should know before using the numbers. */
  List<String> warnings(RunResult result) {
    List<String> warnings = new ArrayList<>();
    long failed =
        result.records().stream().filter(r -> r.status() == ResultRecord.Status.FAILED).count();
    if (failed > 0) {
      warnings.add(
          ReportText.count(failed, "cell")
              + " failed; running the same command again tries only "
              + (failed == 1 ? "it" : "them")
              + " again.");
    }
    if (cells.defenses().stream().anyMatch(Defense::oracle)) {
      warnings.add(
          "Rows marked oracle chose a setting with test data, which no defender has; they do not"
              + " compete for the best defense.");
    }
    return warnings;
  }
}
