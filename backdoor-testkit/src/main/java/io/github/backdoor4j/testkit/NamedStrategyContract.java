package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.NamedStrategy;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every method with options must keep: card, defaults, options.
 *
 * @param <O> its options
 */
@ExtendWith(OneThread.class)
public interface NamedStrategyContract<O extends Record> {

  /** The method under test, made anew at each call. */
  NamedStrategy<O> strategy();

  /**
   * Data sets that defaults must exist for.
   *
   * @return by default 10 and 43 classes at 32 pixels, 200 at 64, and the tiny one of the other
   *     tests
   */
  default List<DatasetSpec> specs() {
    return List.of(
        TinyImages.spec(TinyImages.CIFAR, 10),
        TinyImages.spec(TinyImages.CIFAR, 43),
        TinyImages.spec(TinyImages.CIFAR, 100),
        TinyImages.spec(TinyImages.TINY_IMAGENET, 200),
        TinyImages.spec(TinyImages.SMALL, 4));
  }

  /**
   * Whether the method asks for operations that libtorch's lazy device cannot compute, of which
   * {@link StandInDevice} tells more. Its test there then ends, aborted, where the device does,
   * instead of failing.
   *
   * @return by default false
   */
  default boolean reachesBeyondTheStandIn() {
    return false;
  }

  /** Runs work on the device that stands in for a GPU, to its end unless that cannot be reached. */
  default void onTheStandIn(Consumer<ComputeDevice> work) {
    if (reachesBeyondTheStandIn()) {
      StandInDevice.runAsFarAsItGoes(work);
    } else {
      StandInDevice.run(work);
    }
  }

  @Test
  default void constructor_withoutArguments_isPublic() throws ReflectiveOperationException {
    Object made = strategy().getClass().getConstructor().newInstance();

    assertThat(((NamedStrategy<?>) made).id()).isEqualTo(strategy().id());
  }

  @Test
  default void card_isComplete() {
    MethodCard card = strategy().card();

    Map.of(
            "title", card.title(),
            "summary", card.summary(),
            "paper", card.paper(),
            "threatModel", card.threatModel(),
            "stage", card.stage(),
            "cost", card.cost())
        .forEach((name, text) -> assertThat(text).as("card.%s", name).isNotBlank());
    assertThat(card.link()).as("card.link").startsWith("https://");
    assertThat(card.departures()).as("card.departures").noneMatch(String::isBlank);
  }

  @Test
  default void defaults_equalEachTime() {
    for (DatasetSpec spec : specs()) {
      assertThat(strategy().defaults(spec))
          .as("defaults for %s with %d classes", spec.shape(), spec.classes())
          .isNotNull()
          .isEqualTo(strategy().defaults(spec));
    }
  }

  @Test
  default void options_surviveJsonAndBinding() throws JsonProcessingException {
    for (DatasetSpec spec : specs()) {
      O options = strategy().defaults(spec);

      Object read = Json.read(Json.write(options), options.getClass());
      O bound = Options.bind(strategy().id(), options, Json.tree(options));

      assertThat(read).as("options read back from JSON").isEqualTo(options);
      assertThat(bound).as("options bound from their own tree").isEqualTo(options);
    }
  }

  @Test
  default void options_areDocumented() {
    O options = strategy().defaults(specs().get(0));

    assertThat(Options.describe(options))
        .filteredOn(option -> !option.name().contains(".")) // nested records may be the core's
        .allSatisfy(
            option -> assertThat(option.doc()).as("@Doc of %s", option.name()).isNotBlank());
  }

  @Test
  default void options_withUnknownName_areRefused() {
    O options = strategy().defaults(specs().get(0));

    assertThatThrownBy(() -> Options.bind(strategy().id(), options, Map.of("no_such_option", "1")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no_such_option");
  }

  /** Methods with an undotted id belong to the benchmark and must say whom they follow. */
  @Test
  default void options_ofBuiltInMethods_haveFidelity() {
    assumeTrue(strategy().id().indexOf('.') < 0, "plug-ins need no fidelity option");

    O options = strategy().defaults(specs().get(0));

    for (String value : List.of("paper", "backdoorbench")) {
      O bound = Options.bind(strategy().id(), options, Map.of("fidelity", value));
      assertThat(Json.tree(bound).path("fidelity").asText()).isEqualTo(value);
    }
  }

  /**
   * Options with one value replaced, if there is such an option.
   *
   * @return the options themselves if there is none
   */
  static <O extends Record> O with(O options, String name, String value) {
    return Json.tree(options) instanceof ObjectNode tree && tree.has(name)
        ? Options.bind("options", options, Map.of(name, value))
        : options;
  }

  /** A data set spec for images of a size with a number of classes. */
  static DatasetSpec spec(int side, int classes) {
    return TinyImages.spec(new ImageShape(3, side, side), classes);
  }
}
