package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.data.Poisoner;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Victim;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Applies an attack's trigger to single images of any size. Call it within one open {@link
 * TensorScope}: the trigger of each size is made once and kept there.
 */
final class Stamper {

  private static final int CLASSES = 10;
  private static final double HALF = 0.5;

  private final PoisoningStrategy<?> attack;
  private final MethodChoice choice;
  private final Seed seed;
  private final Optional<RecordedAttack> recorded;
  private final Optional<DatasetSpec> recordedData;
  private final Map<ImageShape, Trigger> triggers = new HashMap<>();

  /** With a trigger that options and seed make. */
  Stamper(PoisoningStrategy<?> attack, MethodChoice choice, Seed seed) {
    this(attack, choice, seed, Optional.empty());
  }

  /** With the trigger of an attack that was carried out. */
  Stamper(PoisoningStrategy<?> attack, RecordedAttack recorded) {
    this(attack, recorded.choice(), new Seed(recorded.seed()), Optional.of(recorded));
  }

  private Stamper(
      PoisoningStrategy<?> attack,
      MethodChoice choice,
      Seed seed,
      Optional<RecordedAttack> recorded) {
    this.attack = attack;
    this.choice = choice;
    this.seed = seed;
    this.recorded = recorded;
    this.recordedData = recorded.map(RecordedAttack::data); // read once, not for every size
  }

  /**
   * Finds mistakes in the options before any image is read.
   *
   * @throws io.github.backdoor4j.core.UsageException if an option is unknown or not allowed
   */
  void checkOptions() {
    bind(spec(new ImageShape(3, 32, 32)));
  }

  private Bound<PoisoningStrategy<?>> bind(DatasetSpec spec) {
    return Bound.of("attack", attack, spec, choice);
  }

  /**
   * The image with the trigger.
   *
   * @param pixels 3×rows×columns
   * @param index position of the image among all, for triggers that differ from image to image
   * @throws io.github.backdoor4j.core.UsageException if the trigger does not fit the image
   * @throws NotApplicableException if the trigger only exists after training
   */
  byte[] stamp(byte[] pixels, ImageShape shape, int index) {
    long[] size = {1, shape.channels(), shape.height(), shape.width()};
    Trigger trigger = triggers.get(shape);
    if (trigger == null) {
      trigger = trigger(spec(shape), Tensors.ofBytes(pixels, size));
      triggers.put(shape, trigger);
    }
    Trigger ready = trigger;
    return TensorScope.compute(
        () ->
            Tensors.toBytes(
                Poisoner.stamp(
                    (images, rows) -> ready.stamp(images, new long[] {index}),
                    Tensors.ofBytes(pixels, size),
                    new long[] {0})));
  }

  private Trigger trigger(DatasetSpec spec, Tensor image) {
    ImageDataset one = new ImageDataset(spec, image, Tensors.ofLongs(new long[] {0}));
    Victim nobody =
        new Victim(
            () -> {
              throw new EngineException(
                  "attack '%s' wants to train a model for its trigger; stamp cannot", attack.id());
            },
            TrainingPlan.benchmark(0, Augmentation.NONE));
    Workbench bench = Workbench.simple(ComputeDevice.CPU, seed.child("attack:" + attack.id()));
    Optional<Map<String, Tensor>> state = recorded.flatMap(RecordedAttack::triggerState);
    if (state.isPresent()) {
      DatasetSpec data = recordedData.orElseThrow();
      return restore(bind(data), data, state.get());
    }
    return trigger(bind(spec), new AttackContext(one, nobody, bench))
        .orElseThrow(
            () ->
                new NotApplicableException(
                    "the trigger of '%s' only exists after training. Run the attack, then give its"
                        + " result: backdoor4j run --attack %s --out OUT, then backdoor4j stamp"
                        + " --record OUT",
                    attack.id(), attack.id()));
  }

  @SuppressWarnings("unchecked") // the options come from this very strategy's defaults
  private static Trigger restore(
      Bound<PoisoningStrategy<?>> bound, DatasetSpec data, Map<String, Tensor> state) {
    return ((PoisoningStrategy<Record>) bound.strategy()).restore(data, bound.options(), state);
  }

  @SuppressWarnings("unchecked") // the options come from this very strategy's defaults
  private static Optional<Trigger> trigger(
      Bound<PoisoningStrategy<?>> bound, AttackContext context) {
    return ((PoisoningStrategy<Record>) bound.strategy()).trigger(context, bound.options());
  }

  /** What is known of the data: what the record says, else ten classes and plain images. */
  private DatasetSpec spec(ImageShape shape) {
    Optional<DatasetSpec> known =
        recordedData.filter(data -> data.shape().channels() == shape.channels());
    if (known.isPresent()) {
      DatasetSpec data = known.get();
      return new DatasetSpec(
          data.id(), shape, data.classNames(), data.normalization(), Augmentation.NONE);
    }
    List<String> classes = IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList();
    return new DatasetSpec(
        "images",
        shape,
        classes,
        Normalization.uniform(shape.channels(), HALF, HALF),
        Augmentation.NONE);
  }
}
