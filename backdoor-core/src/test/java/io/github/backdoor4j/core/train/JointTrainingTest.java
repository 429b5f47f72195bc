package io.github.backdoor4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.TinyNetwork;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Several models trained together, on numbers that can be followed by hand. */
@ExtendWith(OneThread.class)
class JointTrainingTest {

  private static final OptimizerSpec TENTH = new OptimizerSpec.Sgd(0.1, 0, 0, false);
  private static final ScheduleSpec CONSTANT = new ScheduleSpec.MultiStep(List.of(), 0.1);

  /** Two steps per epoch; its own optimiser must not matter. */
  private static final TrainingPlan PLAN =
      new TrainingPlan(
          2,
          16,
          new OptimizerSpec.Sgd(1000, 0, 0, false),
          CONSTANT,
          Augmentation.NONE,
          Precision.FP32,
          true);

  private TensorScope scope;
  private ImageDataset data;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    data = TinyNetwork.data(32, new Seed(1));
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Trainable number(double value) {
    return Trainable.of(Map.of("w", torch.zeros(1).fill_(new Scalar(value))));
  }

  private static Tensor tensor(Trainable number) {
    return Objects.requireNonNull(number.parameters().get("w"));
  }

  private static double value(Trainable number) {
    return tensor(number).detach().item_double();
  }

  private static Trainer trainer(Checkpoints checkpoints, TrainingListener... listeners) {
    return new Trainer("joint", ComputeDevice.CPU, checkpoints, List.of(listeners));
  }

  private static TrainedPart part(String name, Trainable model) {
    return new TrainedPart(name, model, TENTH, CONSTANT);
  }

  private TrainingHistory fit(List<TrainedPart> parts, JointStep step) {
    return trainer(Checkpoints.none()).fit(parts, data, PLAN, step, new Seed(3));
  }

  @Test
  void eachPart_followsItsOwnLossFromBeforeTheStep() {
    Trainable a = number(1);
    Trainable b = number(0);

    fit(
        List.of(part("a", a), part("b", b)),
        (batch, context) -> List.of(tensor(a).square().sum(), tensor(a).mul(tensor(b)).sum()));

    // a is multiplied by 0.8 in each of 4 steps; b loses a tenth of what a was before each
    assertThat(value(a)).isEqualTo(0.4096, within(1e-6));
    assertThat(value(b)).isEqualTo(-0.1 * (1 + 0.8 + 0.64 + 0.512), within(1e-6));
  }

  @Test
  void partsThatShareALoss_bothFollowIt() {
    Trainable a = number(1);
    Trainable b = number(2);

    fit(
        List.of(part("a", a), part("b", b)),
        (batch, context) -> {
          Tensor loss = tensor(a).add(tensor(b), new Scalar(3.0)).sum();
          return List.of(loss, loss);
        });

    assertThat(value(a)).isEqualTo(1 - 4 * 0.1, within(1e-6));
    assertThat(value(b)).isEqualTo(2 - 4 * 0.3, within(1e-6));
  }

  @Test
  void eachPart_hasItsOwnOptimizerAndSchedule() {
    Trainable a = number(0);
    Trainable b = number(0);
    ScheduleSpec drop = new ScheduleSpec.MultiStep(List.of(1), 0.5);

    fit(
        List.of(
            new TrainedPart("a", a, new OptimizerSpec.Sgd(0.2, 0, 0, false), drop),
            new TrainedPart("b", b, OptimizerSpec.Adam.of(0.01, 0.9, 0.999), CONSTANT)),
        (batch, context) -> List.of(tensor(a).sum(), tensor(b).sum()));

    assertThat(value(a)).isEqualTo(-(2 * 0.2 + 2 * 0.1), within(1e-6));
    assertThat(value(b)).isEqualTo(-4 * 0.01, within(1e-6)); // Adam's steps of a constant gradient
  }

  @Test
  void history_namesTheLossOfEachPart() {
    Trainable a = number(2);
    Trainable b = number(5);

    TrainingHistory history =
        fit(
            List.of(part("a", a), part("b", b)),
            (batch, context) ->
                List.of(
                    tensor(a).sum().mul(new Scalar(0.0)).add(new Scalar(2.0)),
                    tensor(b).sum().mul(new Scalar(0.0)).add(new Scalar(7.0))));

    assertThat(history.epochs().get(0).means()).containsEntry("loss", 2.0);
    assertThat(history.epochs().get(1).means()).containsEntry("b_loss", 7.0);
  }

  /** Adds up a number that it carries along, and makes the model follow it. */
  private static final class Counting implements JointStep {
    private final Trainable model;
    private final Tensor count = torch.zeros(1);
    private final List<Integer> finished = new ArrayList<>();

    Counting(Trainable model) {
      this.model = model;
    }

    @Override
    public List<Tensor> losses(Batch batch, StepContext context) {
      count.add_(new Scalar(1.0));
      assertThat(context.step()).isEqualTo(((int) count.item_double() - 1) % 2);
      return List.of(tensor(model).mul(count.clone()).sum());
    }

    @Override
    public Map<String, Tensor> state() {
      return Map.of("count", count);
    }

    @Override
    public void epochFinished(int epoch) {
      finished.add(epoch);
    }
  }

  @Test
  void stateOfTheStep_survivesAKill(@TempDir Path folder) {
    Checkpoints checkpoints = Checkpoints.in(folder).every(Duration.ZERO);
    Trainable first = number(0);
    TrainingListener killer =
        new TrainingListener() {
          @Override
          public void onStep(int epoch, int step) {
            if (epoch == 1) {
              throw new IllegalStateException("killed");
            }
          }
        };
    assertThatThrownBy(
            () ->
                trainer(checkpoints, killer)
                    .fit(List.of(part("a", first)), data, PLAN, new Counting(first), new Seed(3)))
        .hasMessage("killed");

    Trainable second = number(0);
    Counting resumed = new Counting(second);
    trainer(checkpoints).fit(List.of(part("a", second)), data, PLAN, resumed, new Seed(3));

    assertThat(resumed.finished).containsExactly(1);
    assertThat(value(second)).isEqualTo(-0.1 * (1 + 2 + 3 + 4), within(1e-5));
  }

  @Test
  void partsOfOneName_areRefused() {
    assertThatThrownBy(
            () -> fit(List.of(part("a", number(0)), part("a", number(0))), (b, c) -> List.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("different names");
  }

  @Test
  void anotherNumberOfLosses_isRefused() {
    Trainable a = number(0);

    assertThatThrownBy(
            () ->
                fit(
                    List.of(part("a", a), part("b", number(0))),
                    (batch, context) -> List.of(tensor(a).sum())))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("2 parts")
        .hasMessageContaining("1 losses");
  }

  @Test
  void lossOfALaterPart_thatIsNoNumber_isNamed() {
    Trainable a = number(0);
    Trainable b = number(0);

    assertThatThrownBy(
            () ->
                fit(
                    List.of(part("a", a), part("b", b)),
                    (batch, context) ->
                        List.of(tensor(a).sum(), tensor(b).sum().div(new Scalar(0.0)))))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("b_loss");
  }

  @Test
  void batchStream_givesTheTrainersBatches() {
    Augmentation crops = new Augmentation(2, true);
    Seed seed = new Seed(9);
    BatchStream stream = new BatchStream(data, 16, crops, true, seed);
    Trainable model = number(0);
    List<String> seen = new ArrayList<>();

    trainer(Checkpoints.none())
        .fit(
            model,
            data,
            PLAN.withAugmentation(crops).withOptimizer(TENTH),
            (batch, context) -> {
              Batch same = stream.batch(context.epoch(), context.step());
              assertThat(same.rows()).isEqualTo(batch.rows());
              assertThat(Tensors.sha256(same.images())).isEqualTo(Tensors.sha256(batch.images()));
              seen.add(Tensors.sha256(batch.images()));
              return tensor(model).sum();
            },
            seed);

    assertThat(seen).hasSize(4).doesNotHaveDuplicates();
    assertThat(stream.steps()).isEqualTo(2);
  }
}
