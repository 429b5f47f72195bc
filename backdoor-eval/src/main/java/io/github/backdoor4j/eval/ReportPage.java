package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.ResultRecord.Status;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the template shows; every text in it is escaped there.
 *
 * @param several whether there is more than one seed
 */
record ReportPage(
    String title,
    boolean several,
    List<String> sentences,
    List<String> warnings,
    List<ReportHeadlines.Card> cards,
    Optional<ReportMethods.Card> attackCard,
    String attackName,
    List<ReportDefense.Finding> attackNumbers,
    List<String> attackNotes,
    List<ReportPictures.Pair> pairs,
    List<ReportFigure> attackFigures,
    String trained,
    List<ReportFigure> training,
    ReportTable models,
    ReportTable detectors,
    ReportResults results,
    List<ReportDefense> defenses,
    List<ReportSettings.Group> settings,
    String yaml,
    List<OptionList.Option> provenance,
    ReportAssets assets) {

  static ReportPage of(RunResult result, Optional<Registries> registries, Path file) {
    ReportMethods methods = new ReportMethods(registries);
    ReportCells cells = ReportCells.of(result);
    ReportHeadlines headlines = new ReportHeadlines(cells, methods);
    String attack =
        cells.attack().map(row -> row.spec().attack()).orElse(result.plan().attack().id());
    Evidence evidence = evidence(cells);
    List<Figure> figures = evidence.figures();
    TrainingCharts training = new TrainingCharts(trained(result));
    return new ReportPage(
        methods.attack(attack) + " on " + result.plan().dataset().id(),
        result.plan().seeds().size() > 1,
        headlines.sentences(result),
        headlines.warnings(result),
        headlines.cards(),
        methods.attackCard(attack),
        methods.attack(attack),
        evidence.numbers().entrySet().stream()
            .map(
                number ->
                    new ReportDefense.Finding(
                        ReportText.words(number.getKey()),
                        ReportText.number(number.getValue()),
                        ""))
            .toList(),
        evidence.notes(),
        ReportPictures.pairs(figures),
        ReportFigure.of(ReportPictures.others(figures)),
        training.explanation(),
        training.draw(),
        ReportTable.models(cells, methods::defense),
        ReportTable.detectors(cells, methods::defense),
        ReportResults.of(result, file, methods::defense),
        cells.defenses().stream().map(defense -> ReportDefense.of(defense, methods)).toList(),
        ReportSettings.chosen(result, cells, methods),
        ReportSettings.yaml(result.plan()),
        ReportSettings.provenance(result.records()),
        ReportAssets.load());
  }

  private static Evidence evidence(ReportCells cells) {
    return cells.attack().stream()
        .flatMap(row -> row.measured().stream())
        .map(ResultRecord::evidence)
        .findFirst()
        .orElse(Evidence.NONE);
  }

  private static List<ResultRecord> trained(RunResult result) {
    return Stream.of(Kind.ATTACK, Kind.CONTROL)
        .flatMap(kind -> result.records().stream().filter(record -> record.kind() == kind))
        .filter(record -> record.status() == Status.OK)
        .toList();
  }
}
