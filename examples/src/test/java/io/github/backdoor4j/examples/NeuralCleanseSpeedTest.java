package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.spi.Victim;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.datasets.FashionMnist;
import io.github.backdoor4j.defenses.NeuralCleanse;
import io.github.backdoor4j.models.PreActResNet18;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What it saves to invert all classes in one pass instead of one after the other. */
@Tag("benchmark")
class NeuralCleanseSpeedTest {

  private static final Seed SEED = new Seed(0);
  private static final int ROUNDS = 3;

  /** Masks of one inversion, by class, and how long it took. */
  private record Inversion(Map<String, float[]> masks, double seconds) {}

  /** A narrow network after one epoch on the embedded images: its gradients mean something. */
  private static Network trained(ImageDataset images) {
    PreActResNet18 architecture = new PreActResNet18();
    Network network =
        architecture
            .build(
                NetworkSpec.of(images.spec()),
                Options.bind("width", architecture.defaults(images.spec()), Map.of("width", "8")))
            .initialize(SEED);
    new Trainer("network", ComputeDevice.CPU, Checkpoints.none(), List.of())
        .fit(network, images, TinyNetwork.plan(1), SEED);
    return network;
  }

  private static Inversion invert(
      Network network, ImageDataset holdout, Map<String, String> work, int together) {
    NeuralCleanse defense = new NeuralCleanse();
    NeuralCleanse.Options options =
        Options.bind(
            "work",
            Options.bind("options", defense.defaults(holdout.spec()), work),
            Map.of("classes_together", Integer.toString(together), "repair", "none"));
    DefenseContext context =
        new DefenseContext(
            defense,
            holdout.spec(),
            new DefenseContext.Materials(
                network, Optional.empty(), Optional.of(holdout), Optional.empty()),
            new Victim(network::copy, TinyNetwork.plan(0)),
            Workbench.simple(ComputeDevice.CPU, SEED));
    long start = System.nanoTime();
    List<Figure> figures = defense.defend(context, options).evidence().figures();
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Inversion(masks(figures), seconds);
  }

  private static Map<String, float[]> masks(List<Figure> figures) {
    return figures.stream()
        .filter(f -> f instanceof Figure.Pictures && f.title().equals("Recovered masks"))
        .map(f -> ((Figure.Pictures) f).pictures())
        .findFirst()
        .orElseThrow();
  }

  /** The shortest of some rounds, of which each does both in turn. */
  private static Inversion[] measured(
      Network network, ImageDataset holdout, Map<String, String> work) {
    Inversion[] best = new Inversion[2];
    for (int round = 0; round < ROUNDS; round++) {
      for (int k = 0; k < best.length; k++) {
        Inversion now = invert(network, holdout, work, k == 0 ? 1 : holdout.spec().classes());
        best[k] = best[k] == null || now.seconds() < best[k].seconds() ? now : best[k];
      }
    }
    return best;
  }

  @ParameterizedTest
  @CsvSource({"4, 32", "16, 64", "64, 192"})
  void classesInOnePass_findTheMasksOfOneClassAfterTheOther(int batch, int images) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = new FashionMnist().load(Optional.empty(), NoOptions.NONE).training();
      Network network = trained(data);
      ImageDataset holdout = data.sample(images, SEED);
      Map<String, String> work =
          Map.of(
              "epochs",
              "2",
              "batch_size",
              Integer.toString(batch),
              "images",
              "0",
              "augment",
              "false");
      Inversion[] found = measured(network, holdout, work);

      System.out.printf(
          "Neural Cleanse, %d classes, batches of %d, %d threads: one after the other %.2f s,"
              + " together %.2f s, %.2f times as fast%n",
          holdout.spec().classes(),
          batch,
          Engine.threads(),
          found[0].seconds(),
          found[1].seconds(),
          found[0].seconds() / found[1].seconds());
      assertThat(found[1].masks().keySet())
          .containsExactlyInAnyOrderElementsOf(found[0].masks().keySet())
          .hasSize(holdout.spec().classes());
      found[0]
          .masks()
          .forEach(
              (name, mask) ->
                  assertThat(found[1].masks().get(name)).containsExactly(mask, within(1e-3f)));
    }
  }
}
