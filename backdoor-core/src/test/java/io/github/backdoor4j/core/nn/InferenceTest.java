package io.github.backdoor4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class InferenceTest {

  private TensorScope scope;
  private Network network;
  private ImageDataset data;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    network = TinyNetwork.network(new Seed(1));
    data = TinyNetwork.data(37, new Seed(2));
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Inference inBatchesOf(int size) {
    return new Inference(ComputeDevice.CPU, Precision.FP32, size);
  }

  private Normalization normalization() {
    return data.spec().normalization();
  }

  @Test
  void predict_isTheLargestLogit() {
    Tensor logits = network.logits(normalization().normalize(data.images()));
    float[] values = Tensors.toFloats(logits);
    long[] expected = new long[37];
    for (int i = 0; i < 37; i++) {
      for (int k = 1; k < 3; k++) {
        if (values[3 * i + k] > values[3 * i + (int) expected[i]]) {
          expected[i] = k;
        }
      }
    }
    assertThat(Inference.on(ComputeDevice.CPU).predict(network, data)).isEqualTo(expected);
  }

  @Test
  void batchSize_doesNotChangeTheResult() {
    Tensor whole = inBatchesOf(37).logits(network, data.images(), normalization());
    for (int size : new int[] {1, 5, 36, 64}) {
      Tensor parts = inBatchesOf(size).logits(network, data.images(), normalization());
      assertThat(parts.shape()).containsExactly(37, 3);
      assertThat(parts.allclose(whole, 1e-5, 1e-6, false)).as("batch size %d", size).isTrue();
      assertThat(inBatchesOf(size).predict(network, data))
          .isEqualTo(inBatchesOf(37).predict(network, data));
    }
  }

  @Test
  void nanRow_isPredictedAsMinusOne_notAsClassZero() {
    long[] before = inBatchesOf(8).predict(network, data);
    network.parameters().get("linear.bias").detach().narrow(0, 2, 1).fill_(new Scalar(Double.NaN));
    assertThat(inBatchesOf(8).predict(network, data)).containsOnly(-1);
    assertThat(before).doesNotContain(-1);
  }

  @Test
  void nanImageOnly_leavesTheOthersAlone() {
    long[] before = inBatchesOf(8).predict(network, data);
    Tensor logits =
        inBatchesOf(8)
            .map(
                data.images(),
                normalization(),
                x -> {
                  Tensor y = network.forward(x);
                  y.narrow(0, 1, 1).fill_(new Scalar(Double.NaN));
                  return y;
                },
                network);
    assertThat(logits.isnan().any(1L).sum().item_long()).isEqualTo(5); // one in each batch
    assertThat(before).hasSize(37);
  }

  @Test
  void features_areOneFlatRowPerImage() {
    Tensor features = inBatchesOf(10).features(network, data.images(), normalization(), "relu");
    assertThat(features.shape()).containsExactly(37, 4 * 64);
    Tensor pooled = inBatchesOf(10).features(network, data.images(), normalization(), "avgpool");
    // features of one channel lie next to each other
    assertThat(features.view(37, 4, 64).mean(2L).allclose(pooled)).isTrue();
  }

  @Test
  void map_hasEvaluationModeAndNoGradients_andRestoresTheMode() {
    network.training(true);
    List<Boolean> modes = new ArrayList<>();
    Tensor logits =
        inBatchesOf(20)
            .map(
                data.images(),
                normalization(),
                x -> {
                  modes.add(network.training());
                  return network.forward(x);
                },
                network);
    assertThat(modes).containsExactly(false, false);
    assertThat(logits.requires_grad()).isFalse();
    assertThat(network.training()).isTrue();
    assertThatThrownBy(
            () ->
                inBatchesOf(20)
                    .map(
                        data.images(),
                        normalization(),
                        x -> {
                          throw new IllegalStateException("on purpose");
                        },
                        network))
        .hasMessage("on purpose");
    assertThat(network.training()).isTrue();
  }

  @Test
  void noImages_giveNoRows() {
    Tensor none = data.images().narrow(0, 0, 0);
    assertThat(inBatchesOf(8).predict(network, none, normalization())).isEmpty();
    assertThat(inBatchesOf(8).logits(network, none, normalization()).shape()).containsExactly(0, 3);
  }

  @Test
  void bfloat16_agreesWithFullPrecisionNearly() {
    Tensor full = inBatchesOf(37).logits(network, data.images(), normalization());
    Tensor brain =
        new Inference(ComputeDevice.CPU, Precision.BF16, 37)
            .logits(network, data.images(), normalization());
    assertThat(brain.scalar_type().intern()).isEqualTo(ScalarType.Float);
    assertThat(brain.allclose(full, 0.05, 0.05, false)).isTrue();
    assertThat(brain.equal(full)).isFalse();
    // autocast is off again afterwards
    assertThat(torch.is_autocast_enabled(torch.DeviceType.CPU)).isFalse();
  }

  @Test
  void passes_leaveNothingBehind() {
    inBatchesOf(8).predict(network, data);
    long before = Pointer.totalCount();
    for (int i = 0; i < 5; i++) {
      inBatchesOf(8).predict(network, data);
    }
    assertThat(Pointer.totalCount() - before).isLessThanOrEqualTo(5); // the results, scoped here
  }
}
