package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.eval.ReportCells.Defense;
import io.github.backdoor4j.eval.Summary.Statistics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The section of one defense.
 *
 * @param id empty if it is the name
 * @param chips its results in a few words
 * @param figures of the first seed on the backdoored model
 * @param more figures of the clean control and of other seeds
 * @param numbers found on the way
 * @param notes sentences that a reader must know
 * @param problems cells without numbers, each with its reason
 */
record ReportDefense(
    String anchor,
    String name,
    String id,
    String variant,
    boolean oracle,
    Optional<ReportMethods.Card> card,
    List<Chip> chips,
    List<ReportFigure> figures,
    List<More> more,
    List<Finding> numbers,
    List<String> notes,
    List<String> problems) {

  /** One result. */
  record Chip(String label, String value) {}

  /** Figures of another record. */
  record More(String title, List<ReportFigure> figures) {}

  /** A number of the evidence on both models. */
  record Finding(String name, String attacked, String control) {}

  static ReportDefense of(Defense defense, ReportMethods methods) {
    List<ResultRecord> attacked = defense.attacked().measured();
    List<ResultRecord> control = defense.control().map(Summary.Row::measured).orElse(List.of());
    String name = methods.defense(defense.id());
    return new ReportDefense(
        defense.anchor(),
        name,
        name.equals(defense.id()) ? "" : defense.id(),
        defense.variant(),
        defense.oracle(),
        methods.defenseCard(defense.id()),
        chips(defense),
        attacked.isEmpty() ? List.of() : ReportFigure.of(attacked.get(0).evidence().figures()),
        more(attacked, control),
        numbers(attacked, control),
        notes(attacked, control),
        problems(defense));
  }

  private static List<Chip> chips(Defense defense) {
    Summary.Row row = defense.attacked();
    List<Chip> chips = new ArrayList<>();
    change(chips, "C-Acc", row, "c_acc");
    change(chips, "ASR", row, "asr");
    Statistics auroc = row.after("auroc");
    if (auroc.n() > 0) {
      chips.add(new Chip("AUROC", ReportText.fixed(auroc.mean(), 4)));
    }
    Statistics verdict = row.after("verdict");
    if (verdict.n() > 0) {
      String share = verdict.mean() == 1 ? "backdoored" : verdict.mean() == 0 ? "clean" : "mixed";
      chips.add(new Chip("verdict", share));
    }
    return chips;
  }

  private static void change(List<Chip> chips, String label, Summary.Row row, String metric) {
    Statistics after = row.after(metric);
    Statistics before = row.before(metric);
    if (after.n() > 0) {
      String from = before.n() == 0 ? "" : ReportText.percent(before.mean()) + " → ";
      chips.add(new Chip(label, from + ReportText.percent(after.mean()) + " %"));
    }
  }

  /** Figures besides those of the first backdoored model, the clean control's before others. */
  private static List<More> more(List<ResultRecord> attacked, List<ResultRecord> control) {
    List<ResultRecord> rest = new ArrayList<>(control);
    rest.addAll(attacked.subList(Math.min(1, attacked.size()), attacked.size()));
    rest.sort(Comparator.comparing((ResultRecord record) -> record.spec().seed()));
    return rest.stream()
        .filter(record -> !record.evidence().figures().isEmpty())
        .map(record -> new More(model(record), ReportFigure.of(record.evidence().figures())))
        .toList();
  }

  private static List<Finding> numbers(List<ResultRecord> attacked, List<ResultRecord> control) {
    Set<String> names = new LinkedHashSet<>();
    attacked.forEach(record -> names.addAll(record.evidence().numbers().keySet()));
    control.forEach(record -> names.addAll(record.evidence().numbers().keySet()));
    return names.stream()
        .map(
            name ->
                new Finding(ReportText.words(name), number(attacked, name), number(control, name)))
        .toList();
  }

  private static String number(List<ResultRecord> records, String name) {
    return ReportText.numbers(
        Statistics.of(
            records.stream()
                .mapToDouble(r -> r.evidence().numbers().getOrDefault(name, Double.NaN))));
  }

  /** What was noted, with the model it was noted on unless that holds for all. */
  private static List<String> notes(List<ResultRecord> attacked, List<ResultRecord> control) {
    List<ResultRecord> all = Stream.concat(attacked.stream(), control.stream()).toList();
    Set<String> notes = new LinkedHashSet<>();
    for (ResultRecord record : all) {
      for (String note : record.evidence().notes()) {
        boolean everywhere = all.stream().allMatch(r -> r.evidence().notes().contains(note));
        notes.add(everywhere ? note : note + " (" + model(record) + ")");
      }
    }
    return List.copyOf(notes);
  }

  /** Each status and reason once, with the cells it holds for. */
  private static List<String> problems(Defense defense) {
    Map<String, List<String>> cells = new LinkedHashMap<>();
    Stream.concat(
            defense.attacked().missing().stream(),
            defense.control().stream().flatMap(row -> row.missing().stream()))
        .forEach(
            record ->
                cells.computeIfAbsent(why(record), key -> new ArrayList<>()).add(model(record)));
    return cells.entrySet().stream()
        .map(entry -> entry.getKey() + " (" + String.join("; ", entry.getValue()) + ")")
        .toList();
  }

  private static String why(ResultRecord record) {
    return Names.hyphenated(record.status()).replace('-', ' ') + ": " + record.reason();
  }

  private static String model(ResultRecord record) {
    String model = record.spec().control() ? "clean control" : "backdoored model";
    return model + ", seed " + record.spec().seed();
  }
}
