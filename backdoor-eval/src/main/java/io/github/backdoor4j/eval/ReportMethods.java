package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.NamedStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.StrategyRegistry;
import java.util.List;
import java.util.Optional;

/** What is known of the methods of a run; of a plug-in that is not there any more, its id. */
final class ReportMethods {

  /**
   * A method card on the page.
   *
   * @param link empty if it is no web address
   * @param departures from the paper
   */
  record Card(
      String summary,
      String paper,
      String link,
      String stage,
      String threatModel,
      String cost,
      List<String> departures) {}

  private final Optional<Registries> registries;

  ReportMethods(Optional<Registries> registries) {
    this.registries = registries;
  }

  /** Name of an attack for headings. */
  String attack(String id) {
    return card(registries.map(Registries::attacks), id).map(ReportMethods::name).orElse(id);
  }

  /** Name of a defense for headings. */
  String defense(String id) {
    return card(registries.map(Registries::defenses), id).map(ReportMethods::name).orElse(id);
  }

  Optional<Card> attackCard(String id) {
    return card(registries.map(Registries::attacks), id).map(ReportMethods::card);
  }

  Optional<Card> defenseCard(String id) {
    return card(registries.map(Registries::defenses), id).map(ReportMethods::card);
  }

  /** A label with the name of its class where the data set is known. */
  String className(String dataset, int label) {
    try {
      List<String> names =
          registries
              .flatMap(all -> all.datasets().get(dataset).published())
              .map(DatasetSpec::classNames)
              .orElse(List.of());
      return label < names.size() ? label + " (" + names.get(label) + ")" : Integer.toString(label);
    } catch (UsageException e) {
      return Integer.toString(label); // a plug-in's data set, as below
    }
  }

  private static <S extends NamedStrategy<?>> Optional<MethodCard> card(
      Optional<StrategyRegistry<S>> registry, String id) {
    try {
      return registry.map(methods -> methods.get(id).card());
    } catch (UsageException e) {
      return Optional.empty(); // recorded with a plug-in that is not on the class path now
    }
  }

  /** "STRIP (strong intentional perturbation)" is STRIP in a table. */
  private static String name(MethodCard card) {
    return card.title().split(" \\(|: ", 2)[0];
  }

  private static Card card(MethodCard card) {
    return new Card(
        card.summary(),
        card.paper(),
        card.link().matches("https?://.*") ? card.link() : "",
        card.stage(),
        card.threatModel(),
        card.cost(),
        card.departures());
  }
}
