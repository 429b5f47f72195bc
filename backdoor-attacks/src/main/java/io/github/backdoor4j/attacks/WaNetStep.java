package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** One training step of WaNet: warp some rows, warp others with noise, augment, classify. */
final class WaNetStep implements BatchStep {

  /**
   * A batch after the attack: backdoored rows first, then cross rows, then clean ones.
   *
   * @param images N×C×H×W normalised floats
   * @param labels what the network is taught, N
   */
  record Mixed(Tensor images, Tensor labels) {}

  private final Network victim;
  private final WaNet.Options options;
  private final BatchAugmentation augmentation;
  private final Tensor grid;
  private final Tensor taught;

  WaNetStep(Network victim, DatasetSpec data, WaNet.Options options, Warp warp, LabelRule rule) {
    this.victim = victim;
    this.options = options;
    this.augmentation =
        new BatchAugmentation(
            options.cropPadding(),
            options.rotation(),
            data.augmentation().horizontalFlip(),
            !options.benchmark());
    ComputeDevice device = victim.device();
    this.grid = warp.grid(data.shape().height(), data.shape().width(), device);
    int classes = data.classes();
    long[] labels =
        LongStream.range(0, classes).map(label -> rule.trainingLabel(label, classes)).toArray();
    this.taught = device.place(Tensors.ofLongs(labels));
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    BatchSplit split =
        BatchSplit.draw(options.ratio(), options.crossRatio(), batch.size(), context.generator());
    Mixed mixed = mix(batch, split, context.generator());
    Tensor images = augmentation.apply(mixed.images(), context.generator());
    Tensor logits = context.forward(victim, images);
    observe("train_asr", logits, mixed.labels(), 0, split.backdoored(), context);
    observe(
        "train_cross_accuracy", logits, mixed.labels(), split.backdoored(), split.cross(), context);
    return context.crossEntropy(logits, mixed.labels());
  }

  Mixed mix(Batch batch, BatchSplit split, GeneratorOptional generator) {
    int n = split.backdoored();
    int cross = split.cross();
    int clean = batch.size() - n - cross;
    TensorVector images = new TensorVector();
    TensorVector labels = new TensorVector();
    if (n > 0) {
      images.push_back(Warp.apply(batch.images().narrow(0, 0, n), grid));
      labels.push_back(taught.index_select(0, batch.labels().narrow(0, 0, n)));
    }
    if (cross > 0) {
      Tensor noise = Tensors.uniform(generator, -1, 1, cross, grid.size(1), grid.size(2), 2);
      Tensor grids = Warp.disturbed(grid, ComputeDevice.of(grid).place(noise));
      images.push_back(Warp.apply(batch.images().narrow(0, n, cross), grids));
    }
    if (clean > 0) {
      images.push_back(batch.images().narrow(0, (long) n + cross, clean));
    }
    if (cross + clean > 0) {
      labels.push_back(batch.labels().narrow(0, n, (long) cross + clean));
    }
    return new Mixed(torch.cat(images, 0), torch.cat(labels, 0));
  }

  private static void observe(
      String name, Tensor logits, Tensor labels, int from, int count, StepContext context) {
    if (count > 0) {
      Tensor predicted = logits.detach().narrow(0, from, count).argmax(new LongOptional(1), false);
      Tensor hits = predicted.eq(labels.narrow(0, from, count));
      context.observe(name, hits.to(ScalarType.Float).mean(), count);
    }
  }
}
