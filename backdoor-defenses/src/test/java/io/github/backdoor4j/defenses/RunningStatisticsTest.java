package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class RunningStatisticsTest {

  private static final Seed SEED = new Seed(3);
  private static final int BATCH = 40; // of 100 images: the last batch has 20
  private static final String NORM = "bn1";

  private TensorScope scope;
  private ImageDataset images;
  private Network network;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    images = TinyScene.backdoored().holdout();
    network = TinyScene.backdoored().model().copy();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private RunningStatistics statistics() {
    return new RunningStatistics(images, BATCH, Augmentation.NONE, SEED);
  }

  private double[] buffer(String name) {
    return Tensors.toDoubles(network.buffers().get(NORM + name));
  }

  /** Mean and unbiased variance of the first normalisation's input, per batch and channel. */
  private record Statistics(int images, double[] mean, double[] variance) {}

  private List<Statistics> ofBatches() {
    BatchStream stream = new BatchStream(images, BATCH, Augmentation.NONE, false, SEED);
    List<Statistics> all = new ArrayList<>();
    for (int step = 0; step < stream.steps(); step++) {
      Recorder recorder = new Recorder("conv1");
      Tensor batch = stream.batch(0, step).images();
      network.copy().forward(batch, recorder.taps());
      Tensor values = recorder.get("conv1").permute(1, 0, 2, 3).flatten(1, 3);
      all.add(
          new Statistics(
              (int) batch.size(0),
              Tensors.toDoubles(values.mean(1L)),
              Tensors.toDoubles(values.var(new long[] {1}, true, false))));
    }
    return all;
  }

  @Test
  void estimateAnew_givesTheMeansOverBatches_weightedByTheirImages() {
    List<Statistics> batches = ofBatches();

    statistics().estimateAnew(network);

    assertThat(batches).extracting(Statistics::images).containsExactly(40, 40, 20);
    for (int c = 0; c < 12; c++) {
      double mean = 0;
      double variance = 0;
      for (Statistics batch : batches) {
        mean += batch.images() / 100.0 * batch.mean()[c];
        variance += batch.images() / 100.0 * batch.variance()[c];
      }
      assertThat(buffer(".running_mean")[c]).isCloseTo(mean, within(1e-5));
      assertThat(buffer(".running_var")[c]).isCloseTo(variance, within(1e-5 * (1 + variance)));
    }
  }

  @Test
  void estimateAnew_forgetsWhatWasThere() {
    statistics().estimateAnew(network);
    String first = Tensors.sha256(network.buffers().get("bn4.running_var"));
    network.buffers().values().forEach(buffer -> buffer.fill_(Tensors.scalar(77)));

    statistics().estimateAnew(network);

    assertThat(Tensors.sha256(network.buffers().get("bn4.running_var"))).isEqualTo(first);
  }

  /** r ← 0.9·r + 0.1·batch, three times. */
  @Test
  void moveOn_followsTheBatchesFromWhereTheStatisticsAre() {
    List<Statistics> batches = ofBatches();
    double[] expected = buffer(".running_mean");

    statistics().moveOn(network);

    for (int c = 0; c < expected.length; c++) {
      for (Statistics batch : batches) {
        expected[c] = 0.9 * expected[c] + 0.1 * batch.mean()[c];
      }
      assertThat(buffer(".running_mean")[c]).isCloseTo(expected[c], within(1e-5));
    }
  }

  @Test
  void weightsAndMode_stayAsTheyAre() {
    String before = Tensors.sha256(network.parameters().get("conv3.weight"));

    statistics().estimateAnew(network);
    statistics().moveOn(network);

    assertThat(network.training()).isFalse();
    assertThat(Tensors.sha256(network.parameters().get("conv3.weight"))).isEqualTo(before);
  }
}
