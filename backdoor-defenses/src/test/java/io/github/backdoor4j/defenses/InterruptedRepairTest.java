package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.KeptTensors;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Defenses that train against perturbed inputs or draw in other ways, killed in their second epoch
 * and run again.
 */
@ExtendWith(OneThread.class)
class InterruptedRepairTest {

  private static final Seed SEED = new Seed(4);

  @TempDir private Path folder;

  /** Kills a training after the first step of its second epoch. */
  private static final TrainingListener KILLER =
      new TrainingListener() {
        @Override
        public void onStep(int epoch, int step) {
          if (epoch == 1) {
            throw new CancellationException("killed");
          }
        }
      };

  static Stream<Arguments> defenses() {
    return Stream.of(
        Arguments.of(
            new ImplicitHypergradientUnlearning(),
            Map.of(
                "unlearning.epochs", "3",
                "unlearning.batch_size", "50",
                "unlearning.augmentation.horizontal_flip", "true",
                "perturbed_share", "0.1",
                "iterations", "2")),
        Arguments.of(
            new SharedAdversarialUnlearning(),
            Map.of("unlearning.epochs", "3", "unlearning.batch_size", "50", "steps", "2")),
        Arguments.of(
            new NeuralPolarizer(),
            Map.of(
                "warm_up.epochs", "1",
                "training.epochs", "3",
                "training.batch_size", "50",
                "start", "random")));
  }

  static Stream<Arguments> maskTrainings() {
    return Stream.of(
        Arguments.of(
            new AdversarialNeuronPruning(),
            Map.of("iterations", "8", "training.epochs", "3", "training.batch_size", "50")),
        Arguments.of(
            new ReconstructiveNeuronPruning(),
            Map.of(
                "unlearning.epochs", "1",
                "unlearning.batch_size", "50",
                "stop_accuracy", "0",
                "recovering.epochs", "2",
                "recovering.batch_size", "50")));
  }

  @ParameterizedTest
  @MethodSource("defenses")
  <O extends Record> void killedAndRunAgain_endsWithTheSame(
      DefenseStrategy<O> defense, Map<String, String> quick) {
    try (TensorScope scope = TensorScope.open()) {
      assertResumes(defense, quick, TinyScene.backdoored().model());
    }
  }

  @ParameterizedTest
  @MethodSource("maskTrainings")
  <O extends Record> void dropout_drawsTheSameAfterAKill(
      DefenseStrategy<O> defense, Map<String, String> quick) {
    try (TensorScope scope = TensorScope.open()) {
      NetworkSpec spec = NetworkSpec.of(TinyScene.backdoored().training().spec());
      assertResumes(defense, quick, DroppingNetwork.untrained(spec));
    }
  }

  private <O extends Record> void assertResumes(
      DefenseStrategy<O> defense, Map<String, String> quick, Network suspect) {
    Path own = folder.resolve(defense.id());
    String undisturbed = repair(defense, quick, suspect, folder.resolve("other"), List.of());

    assertThatThrownBy(() -> repair(defense, quick, suspect, own, List.of(KILLER)))
        .isInstanceOf(CancellationException.class);
    String resumed = repair(defense, quick, suspect, own, List.of(new StartsLate()));

    assertThat(resumed).isEqualTo(undisturbed);
  }

  /** Makes sure that the training went on rather than started over. */
  private static final class StartsLate implements TrainingListener {
    @Override
    public void onStart(String purpose, int firstEpoch, int epochs, int stepsPerEpoch) {
      assertThat(firstEpoch).as("first epoch of '%s'", purpose).isEqualTo(1);
    }
  }

  private static <O extends Record> String repair(
      DefenseStrategy<O> defense,
      Map<String, String> quick,
      Network suspect,
      Path folder,
      List<TrainingListener> listeners) {
    TinyScene scene = TinyScene.backdoored();
    Workbench bench =
        new Workbench(
            ComputeDevice.CPU,
            SEED,
            Checkpoints.in(folder).every(Duration.ZERO),
            listeners,
            KeptTensors.none());
    TrainingPlan plan = TinyNetwork.plan(1);
    DefenseContext context =
        new DefenseContext(
            defense,
            scene.training().spec(),
            scene.materials(suspect),
            TinyNetwork.victim(scene.training().spec(), plan),
            bench);
    O defaults = defense.defaults(scene.training().spec());
    DefenseOutcome outcome = defense.defend(context, Options.bind(defense.id(), defaults, quick));
    Network network = outcome.model().orElseThrow();
    StringBuilder text = new StringBuilder();
    network.forEachTensor(tensor -> text.append(Tensors.sha256(tensor)).append('\n'));
    return text.append(Json.write(outcome.evidence())).toString();
  }
}
