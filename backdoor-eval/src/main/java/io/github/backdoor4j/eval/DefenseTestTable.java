package io.github.backdoor4j.eval;

import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.ResultRecord.Status;
import io.github.backdoor4j.eval.Summary.Row;
import io.github.backdoor4j.eval.Summary.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The self-test's tables of defenses: a row per defense, a column per attack, the clean model last.
 */
final class DefenseTestTable {

  private static final String NONE = "no defense";
  private static final String CLEAN = "clean model";

  private final List<Row> rows;
  private final DefenseSelfTest.Band band;
  private final List<String> attacks;
  private final List<String> defenses;

  DefenseTestTable(List<ResultRecord> records, DefenseSelfTest.Band band) {
    this.rows = Summary.of(records);
    this.band = band;
    this.attacks =
        rows.stream()
            .filter(row -> row.kind() == Kind.ATTACK)
            .map(row -> row.spec().attack())
            .distinct()
            .toList();
    this.defenses =
        rows.stream()
            .filter(row -> row.kind() == Kind.DEFENSE)
            .map(row -> row.spec().defense())
            .distinct()
            .toList();
  }

  DefenseSelfTest.Band band() {
    return band;
  }

  /** Ids, in the order of the run. */
  List<String> defenses() {
    return defenses;
  }

  /** Number of defenses that ran on the band's attack. */
  int judged() {
    return (int) defenses.stream().filter(d -> row(d, band.attack()).isPresent()).count();
  }

  /** The defenses within the band, without the help of test data. */
  List<String> holding() {
    return defenses.stream()
        .filter(d -> row(d, band.attack()).filter(this::holds).isPresent())
        .toList();
  }

  private boolean holds(Row row) {
    return !row.spec().oracle()
        && row.missing().isEmpty()
        && row.after("asr").mean() < band.largestAsr()
        && row.before("c_acc").mean() - row.after("c_acc").mean() < band.largestLoss();
  }

  private Optional<Row> row(String defense, String attack) {
    Kind kind = defense.isEmpty() ? Kind.ATTACK : Kind.DEFENSE;
    return rows.stream()
        .filter(r -> r.kind() == kind)
        .filter(r -> r.spec().defense().equals(defense) && r.spec().attack().equals(attack))
        .findFirst();
  }

  private Optional<Row> clean(String defense) {
    Kind kind = defense.isEmpty() ? Kind.CONTROL : Kind.CONTROL_DEFENSE;
    return rows.stream()
        .filter(r -> r.kind() == kind && r.spec().defense().equals(defense))
        .findFirst();
  }

  /** Clean accuracy / attack success for the console. */
  List<String> lines() {
    List<TextTable.Column> columns = new ArrayList<>();
    columns.add(new TextTable.Column("", "C-Acc / ASR, %", true));
    attacks.forEach(attack -> columns.add(new TextTable.Column("", attack, false)));
    columns.add(new TextTable.Column("", CLEAN, false));
    columns.add(new TextTable.Column("", "seconds", false));
    columns.add(new TextTable.Column("", "passes", false));
    columns.add(new TextTable.Column("", band.attack() + " band", true));
    TextTable table = new TextTable(columns);
    for (String defense : lineIds()) {
      List<String> cells = new ArrayList<>(List.of(name(defense)));
      attacks.forEach(attack -> cells.add(both(row(defense, attack))));
      cells.add(both(clean(defense)));
      cells.add(seconds(defense));
      cells.add(passes(defense));
      cells.add(verdict(defense));
      table.add(cells);
    }
    return table.lines();
  }

  private List<String> lineIds() {
    List<String> ids = new ArrayList<>(List.of(""));
    ids.addAll(defenses);
    return ids;
  }

  private String name(String defense) {
    boolean oracle =
        rows.stream().anyMatch(r -> r.spec().defense().equals(defense) && r.spec().oracle());
    return defense.isEmpty() ? NONE : oracle ? defense + " (oracle)" : defense;
  }

  private static String both(Optional<Row> row) {
    return cell(row, r -> percent(r.after("c_acc")) + " / " + percent(r.after("asr")));
  }

  private static String cell(Optional<Row> row, Function<Row, String> text) {
    if (row.isEmpty()) {
      return ReportText.MISSING;
    }
    boolean failed = row.get().missing().stream().anyMatch(r -> r.status() == Status.FAILED);
    return row.get().measured().isEmpty() ? (failed ? "failed" : "n/a") : text.apply(row.get());
  }

  private String seconds(String defense) {
    return mean(defense, row -> row.seconds());
  }

  private String passes(String defense) {
    return defense.isEmpty()
        ? ReportText.MISSING
        : mean(
            defense,
            row ->
                Statistics.of(
                    row.measured().stream()
                        .mapToDouble(
                            r ->
                                r.evidence()
                                    .numbers()
                                    .getOrDefault(OutcomeEvidence.FORWARD_PASSES, Double.NaN))));
  }

  /** Mean over attacks and seeds. */
  private String mean(String defense, Function<Row, Statistics> of) {
    double mean =
        attacks.stream()
            .flatMap(attack -> row(defense, attack).stream())
            .flatMap(row -> of.apply(row).values().stream())
            .mapToDouble(value -> value)
            .average()
            .orElse(Double.NaN);
    return ReportText.fixed(mean, 0);
  }

  private String verdict(String defense) {
    if (defense.isEmpty() || row(defense, band.attack()).isEmpty()) {
      return "";
    }
    return holding().contains(defense) ? "holds" : "misses";
  }

  /** Four tables in Markdown, one per metric, and costs. */
  String markdown() {
    return section("Attack success rate, %", "asr")
        + section("Clean accuracy, %", "c_acc")
        + section("Robust accuracy, %", "r_acc")
        + section("Defense effectiveness rating, %", "der")
        + costs();
  }

  private String section(String title, String metric) {
    StringBuilder text = new StringBuilder("### " + title + "\n\n| defense |");
    attacks.forEach(attack -> text.append(' ').append(attack).append(" |"));
    text.append(' ').append(CLEAN).append(" |\n|---").append("|---:".repeat(attacks.size() + 1));
    text.append("|\n");
    for (String defense : lineIds()) {
      if (defense.isEmpty() && metric.equals("der")) {
        continue; // nothing was done
      }
      text.append("| ").append(name(defense)).append(" |");
      for (String attack : attacks) {
        text.append(' ').append(cell(row(defense, attack), r -> percent(r.after(metric))));
        text.append(" |");
      }
      text.append(' ').append(cell(clean(defense), r -> percent(r.after(metric)))).append(" |\n");
    }
    return text.append('\n').toString();
  }

  private String costs() {
    StringBuilder text =
        new StringBuilder("### Cost\n\n| defense | seconds | passes | " + band.attack() + " |\n");
    text.append("|---|---:|---:|---|\n");
    for (String defense : defenses) {
      text.append("| ").append(name(defense)).append(" | ").append(seconds(defense));
      text.append(" | ").append(passes(defense)).append(" | ").append(verdict(defense));
      text.append(" |\n");
    }
    return text.toString();
  }

  private static String percent(Statistics of) {
    if (of.n() == 0) {
      return ReportText.MISSING;
    }
    String mean = ReportText.fixed(100 * of.mean(), 1);
    return of.n() < 2 ? mean : mean + " ± " + ReportText.fixed(100 * of.sd(), 1);
  }
}
