package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** DL4J and libtorch in one process; every test runs inside a scope, as strategies do. */
@ExtendWith(OneThread.class)
class Dl4jClassifierTest {

  private TensorScope scope;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static Tensor images(int count) {
    return Tensors.uniform(Tensors.generator(new Seed(3)), -2, 2, count, 3, 16, 16);
  }

  @Test
  void logits_softmaxed_areWhatTheModelPutsOut() {
    ComputationGraph graph = Dl4jModels.graph();
    Tensor images = images(5);
    Dl4jArrays copy = Dl4jArrays.of(images);
    float[] expected =
        Dl4jCalls.isolated(
            () ->
                Dl4jArrays.of(graph.output(false, copy.array(DataType.FLOAT, false))[0], false)
                    .values());

    Tensor logits = Dl4jClassifier.of(graph).logits(images);

    assertThat(logits.shape()).containsExactly(5, 4);
    assertThat(Tensors.toFloats(logits.softmax(1))).containsExactly(expected, within(1e-5f));
  }

  @Test
  void logits_ofASequence_areWhatLibtorchMakesOfItsWeights() {
    MultiLayerNetwork network = Dl4jModels.sequence();
    Tensor images = images(2);
    Tensor maps =
        torch.conv2d(
            images,
            parameter(network, "0_W"),
            new TensorOptional(parameter(network, "0_b").flatten()),
            new long[] {1, 1},
            new long[] {1, 1},
            new long[] {1, 1},
            1);
    Tensor expected =
        maps.flatten(1, -1).matmul(parameter(network, "1_W")).add(parameter(network, "1_b"));

    Dl4jClassifier classifier = Dl4jClassifier.of(network);

    assertThat(Tensors.toFloats(classifier.activations(images, "0")))
        .containsExactly(Tensors.toFloats(maps), within(1e-5f));
    assertThat(Tensors.toFloats(classifier.logits(images)))
        .containsExactly(Tensors.toFloats(expected), within(1e-4f));
  }

  private static Tensor parameter(MultiLayerNetwork network, String name) {
    return Dl4jCalls.isolated(() -> Dl4jArrays.of(network.getParam(name), false)).tensor();
  }

  @Test
  void arrays_channelsLast_comeBackAsTheyWent() {
    Tensor images = Tensors.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 1, 2, 1, 3);
    Dl4jArrays copy = Dl4jArrays.ofImages(images);

    INDArray turned = Dl4jCalls.isolated(() -> copy.array(DataType.FLOAT, true));
    Dl4jArrays back = Dl4jCalls.isolated(() -> Dl4jArrays.of(turned, true));

    assertThat(turned.shape()).containsExactly(1, 1, 3, 2);
    assertThat(turned.data().asFloat()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(back.shape()).containsExactly(1, 2, 1, 3);
    assertThat(back.values()).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void inputGradient_isTheSlopeOfTheLogits() {
    Dl4jClassifier classifier = Dl4jClassifier.of(Dl4jModels.graph());
    Tensor images = images(2);
    Tensor weights = Tensors.ofFloats(new float[] {1, -2, 0.5f, 3, -1, 1, 2, 0}, 2, 4);

    float[] gradient = Tensors.toFloats(classifier.inputGradient(images, weights));

    for (int pixel : new int[] {0, 17, 255, 256, 700, 768, 1000, 1535}) {
      double above = weighted(classifier, moved(images, pixel, 0.05f), weights);
      double below = weighted(classifier, moved(images, pixel, -0.05f), weights);
      assertThat((double) gradient[pixel])
          .as("pixel %d", pixel)
          .isCloseTo((above - below) / 0.1, within(2e-4));
    }
    assertThat(gradient).hasSize(1536);
    assertThat(Math.abs(gradient[0])).isGreaterThan(1e-3f);
  }

  private static double weighted(Dl4jClassifier classifier, Tensor images, Tensor weights) {
    return classifier.logits(images).mul(weights).sum().item_double();
  }

  private static Tensor moved(Tensor images, int pixel, float by) {
    float[] values = Tensors.toFloats(images);
    values[pixel] += by;
    return Tensors.ofFloats(values, images.shape());
  }

  @Test
  void activations_haveTheLayersShapes() {
    Dl4jClassifier classifier = Dl4jClassifier.of(Dl4jModels.graph());
    Tensor images = images(2);

    assertThat(classifier.layerNames())
        .containsSubsequence("conv", "norm", "pool", "dense", "scores");
    assertThat(classifier.activations(images, "conv").shape()).containsExactly(2, 4, 16, 16);
    assertThat(classifier.activations(images, "pool").shape()).containsExactly(2, 4, 4, 4);
    assertThat(classifier.activations(images, "dense").shape()).containsExactly(2, 12);
    assertThat(Tensors.toFloats(classifier.activations(images, "scores")))
        .containsExactly(Tensors.toFloats(classifier.logits(images)), within(1e-6f));
  }

  @Test
  void activations_ofAnUnknownLayer_nameTheKnownOnes() {
    Dl4jClassifier classifier = Dl4jClassifier.of(Dl4jModels.graph());
    Tensor images = images(1);

    assertThatThrownBy(() -> classifier.activations(images, "cnov"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'cnov'")
        .hasMessageContaining("conv");
  }

  @Test
  void files_ofBothKinds_giveTheSameLogitsAgain(@TempDir Path folder) throws IOException {
    Tensor images = images(2);
    Dl4jClassifier graph = Dl4jClassifier.of(Dl4jModels.graph());
    MultiLayerNetwork network = Dl4jModels.sequence();
    Path first = folder.resolve("graph.zip");
    Path second = folder.resolve("sequence.zip");

    graph.save(first);
    ModelSerializer.writeModel(network, second.toFile(), true);

    assertThat(Tensors.toFloats(Dl4jClassifier.load(first).logits(images)))
        .containsExactly(Tensors.toFloats(graph.logits(images)));
    assertThat(Tensors.toFloats(Dl4jClassifier.load(second).logits(images)))
        .containsExactly(Tensors.toFloats(Dl4jClassifier.of(network).logits(images)));
  }

  @Test
  void files_ofAnotherKind_areRefused(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("model.zip"), "no model");

    assertThatThrownBy(() -> Dl4jClassifier.load(file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("model.zip")
        .hasMessageContaining("ModelSerializer");
    assertThatThrownBy(() -> Dl4jClassifier.load(folder.resolve("none.zip")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("none.zip");
  }

  @Test
  void training_learnsAToySet_andFollowsTheSeed() {
    ImageDataset training = TinyImages.blobs(400, new Seed(1));
    ImageDataset test = TinyImages.blobs(200, new Seed(2));
    Dl4jClassifier one = Dl4jClassifier.of(Dl4jModels.graph());
    Dl4jClassifier other = Dl4jClassifier.of(Dl4jModels.graph());

    TrainingHistory history = one.train(training, 5, 32, new Seed(4), new TrainingListener() {});
    other.train(training, 5, 32, new Seed(4), new TrainingListener() {});

    Tensor predicted =
        Tensors.ofLongs(
            Inference.on(ComputeDevice.CPU).predict(one.asNetwork(training.spec().shape()), test));
    assertThat(predicted.eq(test.labels()).sum().item_long()).isGreaterThan(180);
    assertThat(history.curve("loss")[4]).isLessThan(history.curve("loss")[0]);
    Tensor images = images(3);
    assertThat(Tensors.toFloats(other.logits(images)))
        .containsExactly(Tensors.toFloats(one.logits(images)));
  }

  @Test
  void training_onOtherClasses_isRefused() {
    Dl4jClassifier classifier = Dl4jClassifier.of(Dl4jModels.graph());
    ImageDataset three = TinyImages.blobs(TinyImages.spec(TinyImages.SMALL, 3), 6, new Seed(1));

    assertThatThrownBy(() -> classifier.train(three, 1, 2, new Seed(1), new TrainingListener() {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("3 classes")
        .hasMessageContaining("has 4");
  }
}
