package io.github.backdoor4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.TinyNetwork;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A killed training goes on and ends with the numbers of an undisturbed one. */
@ExtendWith(OneThread.class)
class TrainingResumeTest {

  private static final Seed SEED = new Seed(5);
  private static final TrainingPlan SGD_COSINE =
      new TrainingPlan(
          6,
          16,
          new OptimizerSpec.Sgd(0.05, 0.9, 5e-4, true),
          new ScheduleSpec.Cosine(6, 0),
          new Augmentation(1, true),
          Precision.FP32,
          false);
  // a high threshold: the rate drops more than once within the six epochs
  private static final TrainingPlan ADAM_PLATEAU =
      SGD_COSINE
          .withOptimizer(new OptimizerSpec.Adam(0.01, 0.9, 0.999, 1e-8, 1e-4, true))
          .withSchedule(new ScheduleSpec.Plateau(0.5, 0, 0.4));
  private static final TrainingPlan SGD_PER_STEP =
      SGD_COSINE.withSchedule(new ScheduleSpec.CosinePerStep(5, 0.001));

  /** Stands for {@code kill -9}: throws at a chosen place. */
  private record Killer(int atEpoch, int atStep) implements TrainingListener {

    @Override
    public void onStep(int epoch, int step) {
      if (epoch == atEpoch && step == atStep) {
        throw new IllegalStateException("killed");
      }
    }

    @Override
    public EpochReport onEpoch(EpochReport report) {
      if (report.epoch() == atEpoch && atStep == 0) {
        throw new IllegalStateException("killed");
      }
      return report;
    }
  }

  /** Notes where a training started. */
  private static final class Start implements TrainingListener {
    private int epoch = -1;

    @Override
    public void onStart(String purpose, int first, int epochs, int steps) {
      epoch = first;
    }
  }

  @TempDir Path folder;
  private TensorScope scope;
  private ImageDataset data;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    data = TinyNetwork.data(50, new Seed(1));
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Network network() {
    return TinyNetwork.network(new Seed(2));
  }

  private static Trainer trainer(Path folder, TrainingListener... listeners) {
    Checkpoints checkpoints = Checkpoints.in(folder).every(Duration.ZERO);
    return new Trainer("victim", ComputeDevice.CPU, checkpoints, List.of(listeners));
  }

  /** A step that draws, so that the step's own generator matters too. */
  private static BatchStep noisy(Network network) {
    return (batch, context) -> {
      Tensor noise = torch.zeros_like(batch.images()).normal_(0, 0.1, context.generator());
      return context.crossEntropy(
          context.forward(network, batch.images().add(noise)), batch.labels());
    };
  }

  private static TrainingHistory fit(
      Path folder, Network network, ImageDataset data, TrainingPlan plan, TrainingListener... l) {
    return trainer(folder, l).fit(network, data, plan, noisy(network), SEED);
  }

  private static Path file(Path folder) {
    return folder.resolve("victim.checkpoint.safetensors");
  }

  /** Everything a checkpoint holds, except wall times. */
  private static Map<String, String> content(Path folder) {
    Safetensors saved = Safetensors.read(file(folder));
    Map<String, String> content = new TreeMap<>(saved.metadata());
    content.remove("progress"); // contains wall times; the history is compared by itself
    saved.tensors().forEach((name, tensor) -> content.put(name, Tensors.sha256(tensor)));
    return content;
  }

  private static List<String> withoutTimes(TrainingHistory history) {
    List<String> lines = new ArrayList<>();
    history.epochs().forEach(e -> lines.add(e.epoch() + " " + e.learningRate() + " " + e.means()));
    return lines;
  }

  static Stream<Arguments> kills() {
    return Stream.of(SGD_COSINE, ADAM_PLATEAU, SGD_PER_STEP)
        .flatMap(
            plan ->
                Stream.of(
                    Arguments.of(plan, 0, 2, 0), // before the first checkpoint
                    Arguments.of(plan, 1, 1, 1),
                    Arguments.of(plan, 3, 2, 3), // in the middle of an epoch
                    Arguments.of(plan, 4, 0, 4), // at the end of one, before it was saved
                    Arguments.of(plan, 5, 4, 5)));
  }

  @ParameterizedTest
  @MethodSource("kills")
  void killedTraining_endsLikeAnUndisturbedOne(
      TrainingPlan plan, int epoch, int step, int resumedAt) {
    Path quiet = folder.resolve("quiet");
    Path disturbed = folder.resolve("disturbed");
    Network undisturbed = network();
    Checkpoints onlyAtTheEnd = Checkpoints.in(quiet).every(Duration.ofDays(1));
    TrainingHistory expected =
        new Trainer("victim", ComputeDevice.CPU, onlyAtTheEnd, List.of())
            .fit(undisturbed, data, plan, noisy(undisturbed), SEED);

    assertThatThrownBy(() -> fit(disturbed, network(), data, plan, new Killer(epoch, step)))
        .hasMessage("killed");
    Start start = new Start();
    Network resumed = network();
    TrainingHistory history = fit(disturbed, resumed, data, plan, start);

    assertThat(start.epoch).isEqualTo(resumedAt);
    assertThat(withoutTimes(history)).isEqualTo(withoutTimes(expected));
    resumed
        .state()
        .forEach(
            (name, tensor) ->
                assertThat(tensor.equal(undisturbed.state().get(name))).as(name).isTrue());
    assertThat(content(disturbed)).isEqualTo(content(quiet));
    assertThat(content(quiet).keySet())
        .anyMatch(name -> name.startsWith("optimizer/"))
        .contains("buffer/norm.running_var", "schedule", "optimizer_steps");
  }

  @Test
  void plateauPlan_dropsItsRate_soThatTheTestAboveCoversIt() {
    TrainingHistory history = fit(folder, network(), data, ADAM_PLATEAU);
    assertThat(history.epochs().stream().map(EpochReport::learningRate).distinct().count())
        .isGreaterThan(2);
  }

  @Test
  void finishedTraining_isNotDoneAgain() {
    TrainingHistory first = fit(folder, network(), data, SGD_COSINE);
    Start start = new Start();
    Network again = network();
    TrainingHistory second = fit(folder, again, data, SGD_COSINE, start);
    assertThat(start.epoch).isEqualTo(6);
    assertThat(second).isEqualTo(first); // wall times too
  }

  @Test
  void stoppedTraining_staysStopped() {
    TrainingListener stopper =
        new TrainingListener() {
          private int epochs;

          @Override
          public EpochReport onEpoch(EpochReport report) {
            epochs++;
            return report;
          }

          @Override
          public boolean wantsStop() {
            return epochs == 2;
          }
        };
    fit(folder, network(), data, SGD_COSINE, stopper);
    TrainingHistory again = fit(folder, network(), data, SGD_COSINE);
    assertThat(again.epochs()).hasSize(2);
  }

  @Test
  void checkpoint_ofOtherData_isIgnored() {
    ImageDataset other = TinyNetwork.data(50, new Seed(99));
    fit(folder, network(), other, SGD_COSINE);
    assertStartsOver(SGD_COSINE, SEED);
  }

  @Test
  void checkpoint_ofAnotherPlan_isIgnored() {
    fit(folder, network(), data, SGD_COSINE);
    assertStartsOver(SGD_COSINE.withBatchSize(25), SEED);
  }

  @Test
  void checkpoint_ofAnotherSeed_isIgnored() {
    fit(folder, network(), data, SGD_COSINE);
    assertStartsOver(SGD_COSINE, new Seed(6));
  }

  private void assertStartsOver(TrainingPlan plan, Seed seed) {
    Start start = new Start();
    Network network = network();
    trainer(folder, start).fit(network, data, plan, noisy(network), seed);
    assertThat(start.epoch).isZero();
    Network fresh = network();
    trainer(folder.resolve("fresh")).fit(fresh, data, plan, noisy(fresh), seed);
    network
        .state()
        .forEach(
            (name, tensor) -> assertThat(tensor.equal(fresh.state().get(name))).as(name).isTrue());
  }

  @Test
  void corruptCheckpoint_isReportedByName() throws IOException {
    fit(folder, network(), data, SGD_COSINE);
    byte[] bytes = Files.readAllBytes(file(folder));
    Files.write(file(folder), java.util.Arrays.copyOf(bytes, bytes.length - 5));
    assertThatThrownBy(() -> fit(folder, network(), data, SGD_COSINE))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(file(folder).toString())
        .hasMessageContaining("Delete it");
  }

  @Test
  void checkpoint_withBrokenProgress_isReportedByName() {
    fit(folder, network(), data, SGD_COSINE);
    rewriteMetadata("progress", "{\"reports\": 3}");
    assertThatThrownBy(() -> fit(folder, network(), data, SGD_COSINE))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(file(folder).toString())
        .hasMessageContaining("Delete it to start over");
  }

  @Test
  void checkpoint_withoutItsSchedule_isReportedByName() {
    fit(folder, network(), data, SGD_COSINE);
    rewriteMetadata("schedule", null);
    assertThatThrownBy(() -> fit(folder, network(), data, SGD_COSINE))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(file(folder).toString())
        .hasMessageContaining("lacks 'schedule'");
  }

  private void rewriteMetadata(String key, String value) {
    Safetensors saved = Safetensors.read(file(folder));
    Map<String, String> metadata = new TreeMap<>(saved.metadata());
    if (value == null) {
      metadata.remove(key);
    } else {
      metadata.put(key, value);
    }
    new Safetensors(saved.tensors(), metadata).write(file(folder));
  }

  @Test
  void clear_deletesCheckpointsAndNothingElse() throws IOException {
    fit(folder, network(), data, SGD_COSINE.withEpochs(1));
    Path other = Files.writeString(folder.resolve("record.json"), "{}");
    Checkpoints.in(folder).clear();
    assertThat(file(folder)).doesNotExist();
    assertThat(other).exists();
    Checkpoints.none().clear();
    Checkpoints.in(folder.resolve("absent")).clear();
  }

  @Test
  void withoutCheckpoints_nothingIsWritten() throws IOException {
    trainer(folder).withoutCheckpoints().fit(network(), data, SGD_COSINE.withEpochs(1), SEED);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }
}
