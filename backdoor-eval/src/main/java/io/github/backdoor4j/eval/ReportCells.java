package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.eval.ResultRecord.CellSpec;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The records of a run as a page orders them: the attacked model and the clean control, then each
 * defense on both.
 *
 * @param attack absent where no attack was recorded
 * @param control absent where the run had none
 * @param defenses in the order of the run
 */
record ReportCells(
    Optional<Summary.Row> attack, Optional<Summary.Row> control, List<Defense> defenses) {

  /**
   * One defense.
   *
   * @param anchor of its section
   * @param attacked on the backdoored model
   * @param control on the clean one
   * @param variant the options in which it differs from others of its id; empty if it is alone
   */
  record Defense(
      String anchor, Summary.Row attacked, Optional<Summary.Row> control, String variant) {

    String id() {
      return attacked.spec().defense();
    }

    /** Whether test data chose a setting. */
    boolean oracle() {
      return attacked.spec().oracle();
    }
  }

  /** Defenses come in the order of the plan, since records read from disk may have any. */
  static ReportCells of(RunResult result) {
    List<Summary.Row> rows = Summary.of(result.records());
    List<String> order = result.plan().defenses().stream().map(MethodChoice::id).toList();
    List<Defense> defenses = new ArrayList<>();
    rows.stream()
        .filter(row -> row.kind() == Kind.DEFENSE)
        .sorted(Comparator.comparingInt(row -> order.indexOf(row.spec().defense())))
        .forEach(
            row ->
                defenses.add(
                    new Defense(
                        anchor(row, defenses.size()), row, twin(row, rows), variant(row, rows))));
    return new ReportCells(first(rows, Kind.ATTACK), first(rows, Kind.CONTROL), defenses);
  }

  private static Optional<Summary.Row> first(List<Summary.Row> rows, Kind kind) {
    return rows.stream().filter(row -> row.kind() == kind).findFirst();
  }

  /** Ids of outsiders hold a dot, which is fine in an anchor; the number makes it unique. */
  private static String anchor(Summary.Row row, int position) {
    return "defense-" + (position + 1) + "-" + Names.snakeCase(row.spec().defense());
  }

  private static Optional<Summary.Row> twin(Summary.Row row, List<Summary.Row> rows) {
    return rows.stream()
        .filter(other -> other.kind() == Kind.CONTROL_DEFENSE && same(row.spec(), other.spec()))
        .findFirst();
  }

  private static boolean same(CellSpec one, CellSpec two) {
    return one.defense().equals(two.defense())
        && one.defenseOptions().toString().equals(two.defenseOptions().toString());
  }

  private static String variant(Summary.Row row, List<Summary.Row> rows) {
    List<CellSpec> namesakes =
        rows.stream()
            .filter(other -> other.kind() == Kind.DEFENSE)
            .map(Summary.Row::spec)
            .filter(spec -> spec.defense().equals(row.spec().defense()))
            .toList();
    return OptionList.of(row.spec().defenseOptions()).stream()
        .filter(option -> namesakes.stream().anyMatch(spec -> !has(spec, option)))
        .map(option -> option.name() + " = " + option.value())
        .collect(Collectors.joining(", "));
  }

  private static boolean has(CellSpec spec, OptionList.Option option) {
    return OptionList.of(spec.defenseOptions()).stream()
        .anyMatch(other -> Objects.equals(other, option));
  }
}
