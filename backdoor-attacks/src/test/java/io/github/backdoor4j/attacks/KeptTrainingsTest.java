package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.KeptTensors;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Encoders and surrogates are trained once: a later run finds them in the files of the first. */
class KeptTrainingsTest {

  private static final ImageDataset IMAGES = TinyImages.blobs(200, new Seed(1));

  @TempDir Path folder;

  /** Titles of the trainings of one run, and what its trigger makes of some images. */
  private record Run(List<String> trainings, String stamped) {}

  private <O extends Record> Run run(PoisoningStrategy<O> attack, Map<String, String> changes) {
    List<String> trainings = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onStart(String purpose, int first, int epochs, int stepsPerEpoch) {
            trainings.add(purpose);
          }
        };
    Workbench bench =
        new Workbench(
            ComputeDevice.CPU,
            new Seed(3),
            Checkpoints.none(),
            List.of(listener),
            KeptTensors.in(folder));
    DatasetSpec spec = IMAGES.spec();
    O options = Options.bind(attack.id(), attack.defaults(spec), changes);
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context =
          new AttackContext(IMAGES, TinyNetwork.victim(spec, TinyNetwork.plan(1)), bench);
      Trigger trigger = attack.attack(context, options).trigger();
      long[] rows = {0, 1, 2, 3};
      String hash =
          Tensors.sha256(trigger.stamp(Tensors.rows(IMAGES.images(), rows), rows).contiguous());
      return new Run(trainings, hash);
    }
  }

  private static PoisoningStrategy<?> attack(String id) {
    return switch (id) {
      case "ssba" -> new Ssba();
      case "poison-ink" -> new PoisonInk();
      default -> new LabelConsistent();
    };
  }

  private static Map<String, String> options(String text) {
    return Splitter.on(' ').withKeyValueSeparator('=').split(text);
  }

  @ParameterizedTest
  @CsvSource({
    "ssba, encoder_epochs=1 width=2 bits=8, generator_seed=5",
    "poison-ink, stage_epochs=1 adversarial_epochs=0 width=2, generator_seed=5",
    "label-consistent, surrogate_epochs=1 surrogate_steps=2 steps=2, surrogate_seed=5",
  })
  void secondRun_trainsOnlyTheVictim_unlessAnOptionDiffers(
      String id, String quick, String changed) {
    PoisoningStrategy<?> attack = attack(id);

    Run first = run(attack, options(quick));
    Run second = run(attack, options(quick));
    Run third = run(attack, options(quick + " " + changed));

    assertThat(first.trainings()).hasSizeGreaterThan(1);
    assertThat(second.trainings()).hasSize(1).allMatch(first.trainings()::contains);
    assertThat(second.stamped()).isEqualTo(first.stamped());
    assertThat(third.trainings()).isEqualTo(first.trainings());
  }
}
