package io.github.backdoor4j.examples;

import io.github.backdoor4j.attacks.BadNets;
import io.github.backdoor4j.attacks.Blended;
import io.github.backdoor4j.attacks.FTrojan;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.TinyContexts;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Triggers on 3×32×32 images. FTrojan makes its pattern by an inverse discrete cosine transform, on
 * a single image nearly all of its work.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class StampBenchmark {

  private static final Map<String, DataPoisoning<?>> ATTACKS =
      Map.of("badnets", new BadNets(), "blended", new Blended(), "ftrojan", new FTrojan());

  @Param({"badnets", "blended", "ftrojan"})
  private String attack;

  @Param({"1", "1000"})
  private int images;

  private TensorScope scope;
  private ImageDataset data;
  private Trigger trigger;
  private long[] indices;

  /** The trigger of the attack's defaults. */
  @Setup
  public void draw() {
    Engine.threads(1); // so that figures of a busy machine can be compared
    scope = TensorScope.open();
    data = BatchBenchmark.RandomImages.of(3, 32, images);
    trigger = trigger(ATTACKS.get(attack), TinyContexts.attack(data, new Seed(0)));
    indices = LongStream.range(0, images).toArray();
  }

  private static <O extends Record> Trigger trigger(
      DataPoisoning<O> attack, AttackContext context) {
    return attack.recipe(context, attack.defaults(context.spec())).testTrigger();
  }

  /** Frees the images. */
  @TearDown
  public void free() {
    scope.close();
  }

  /** All images at once. */
  @Benchmark
  public long stamp() {
    try (TensorScope step = TensorScope.open()) {
      return trigger.stamp(data.images(), indices).size(0);
    }
  }
}
