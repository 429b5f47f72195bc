package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.Poisoner;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Oracle;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.HasTensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.Trainer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A trained tiny model with all that a defense may be given: 1,000 training images of which 10 %
 * carry a white 3×3 patch in the bottom right corner and label 0, or none for the clean control.
 *
 * <p>Made once per process, in about a second, and shared: do not change its tensors.
 *
 * @param model trained on {@code training}
 * @param training as the victim got it
 * @param poisonedRows rows of {@code training} with the trigger; empty for the clean control
 * @param holdout 100 clean labelled images
 * @param runtimeInputs clean test images, then as many triggered ones
 * @param test 200 clean test images
 * @param triggered the test images with the trigger, target class excluded
 */
public record TinyScene(
    Network model,
    ImageDataset training,
    long[] poisonedRows,
    ImageDataset holdout,
    Tensor runtimeInputs,
    ImageDataset test,
    TriggeredSet triggered)
    implements HasTensors {

  /** The class that triggered images shall be given. */
  public static final int TARGET = 0;

  private static final Seed SEED = new Seed(20);
  private static final int PATCH = 3;
  private static final int EPOCHS = 8;
  private static final double OVERWHELMING = 1000; // logits are of the order of 10

  /** The white patch in the bottom right corner. */
  public static final Trigger CORNER_PATCH =
      (images, indices) -> {
        Tensor stamped = images.clone();
        stamped
            .narrow(2, images.size(2) - PATCH, PATCH)
            .narrow(3, images.size(3) - PATCH, PATCH)
            .fill_(new Scalar(255));
        return stamped;
      };

  /** The backdoored model. */
  public static TinyScene backdoored() {
    return Backdoored.SCENE;
  }

  /** The clean control. */
  public static TinyScene clean() {
    return Clean.SCENE;
  }

  /** What a run could hand out to a defense. */
  public DefenseContext.Materials materials() {
    return materials(model);
  }

  /** The same with another model under suspicion. */
  public DefenseContext.Materials materials(Network suspect) {
    return materials(suspect, holdout);
  }

  /** The same with another clean holdout too. */
  public DefenseContext.Materials materials(Network suspect, ImageDataset otherHoldout) {
    return new DefenseContext.Materials(
        suspect,
        Optional.of(training),
        Optional.of(otherHoldout),
        Optional.of(runtimeInputs),
        Optional.of(oracle()));
  }

  /** Measures models on the test data; handed out only to options that ask for it. */
  public Oracle oracle() {
    return network -> new Oracle.Score(cleanAccuracy(network), attackSuccess(network));
  }

  /** How much of everything there is. */
  public Workload workload() {
    return new Workload(
        training.size(),
        holdout.size(),
        (int) runtimeInputs.size(0),
        training.spec().classes(),
        TinyContexts.VICTIM_EPOCHS);
  }

  /** The model with a classifier so biased that it calls every image the same. */
  public Network predictingOnly(int label) {
    Network constant = model.copy();
    Tensor bias =
        Objects.requireNonNull(
            constant.parameters().get(constant.features().classifier() + ".bias"));
    Tensors.withoutGradients(
        () -> bias.zero_().narrow(0, label, 1).fill_(new Scalar(OVERWHELMING)));
    return constant;
  }

  /** Share of clean test images that a network classifies rightly. */
  public double cleanAccuracy(Network network) {
    return agreement(Inference.on(ComputeDevice.CPU).predict(network, test), test.labelValues());
  }

  /** Share of triggered test images that a network gives to the target. */
  public double attackSuccess(Network network) {
    return agreement(
        Inference.on(ComputeDevice.CPU)
            .predict(network, triggered.images(), triggered.spec().normalization()),
        triggered.attackLabels());
  }

  private static double agreement(long[] one, long[] other) {
    long hits = LongStream.range(0, one.length).filter(i -> one[(int) i] == other[(int) i]).count();
    return (double) hits / one.length;
  }

  @Override
  public void forEachTensor(Consumer<Tensor> visitor) {
    model.forEachTensor(visitor);
    training.forEachTensor(visitor);
    holdout.forEachTensor(visitor);
    visitor.accept(runtimeInputs);
    test.forEachTensor(visitor);
    triggered.forEachTensor(visitor);
  }

  private static TinyScene make(boolean poison) {
    int threads = Engine.threads();
    Engine.threads(1); // the layers are too small to share, and weights must not depend on cores
    try {
      return makeOnOneThread(poison);
    } finally {
      Engine.threads(threads);
    }
  }

  private static TinyScene makeOnOneThread(boolean poison) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset clean = TinyImages.blobs(1000, SEED.child("training"));
      ImageDataset test = TinyImages.blobs(200, SEED.child("test"));
      LabelRule rule = new LabelRule.AllToOne(TARGET);
      PoisonedDataset poisoned =
          Poisoner.poison(
              clean, new PoisonRecipe(CORNER_PATCH, rule, PoisonRate.ofDataset(0.1)), SEED);
      TriggeredSet triggered = Poisoner.trigger(test, CORNER_PATCH, rule);
      ImageDataset training = poison ? poisoned.asDataset() : clean;
      TinyScene scene =
          new TinyScene(
              train(training),
              training,
              poison ? poisoned.poisonedRows() : new long[0],
              TinyImages.blobs(100, SEED.child("holdout")),
              torch.cat(new TensorVector(test.images(), triggered.images()), 0),
              test,
              triggered);
      // shared by all tests: must survive every scope that is open now
      scene.forEachTensor(Tensor::retainReference);
      return scene;
    }
  }

  private static Network train(ImageDataset training) {
    Network network =
        TinyNetwork.victim(training.spec(), TinyNetwork.plan(EPOCHS))
            .newNetwork(SEED.child("weights"));
    new Trainer("tiny", ComputeDevice.CPU, Checkpoints.none(), List.of())
        .fit(network, training, TinyNetwork.plan(EPOCHS), SEED.child("order"));
    return network;
  }

  /** Hash over all weights, images and labels: whether anything was changed. */
  public String contentHash() {
    StringBuilder hashes = new StringBuilder();
    forEachTensor(tensor -> hashes.append(Tensors.sha256(tensor)).append('\n'));
    return hashes.toString();
  }

  private static final class Backdoored {
    static final TinyScene SCENE = make(true);
  }

  private static final class Clean {
    static final TinyScene SCENE = make(false);
  }
}
