package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class BrokenAttacksTest {

  private static final AtomicInteger CALLS = new AtomicInteger();

  @Test
  void unregisteredAttack_fails() {
    assertThat(Contracts.failures(CleanTest.class)).containsExactly("id_leadsToTheAttack");
  }

  public static class Unregistered extends ToyAttack {}

  static class CleanTest implements PoisoningStrategyContract<ToyAttack.Options> {
    @Override
    public Unregistered strategy() {
      return new Unregistered();
    }
  }

  @Test
  void triggerThatWritesIntoItsInput_fails() {
    Contracts.assertBreaks(
        InPlaceTest.class, "trigger_isPureAndKeepsShape", "attack_poisonsAsItSays");
  }

  /** Stamps, and writes the result into the images it was given. */
  public static class InPlace extends ToyAttack {
    @Override
    public PoisonRecipe recipe(AttackContext context, Options options) {
      return with(
          super.recipe(context, options),
          (images, rows) -> images.copy_(TinyScene.CORNER_PATCH.stamp(images, rows)));
    }
  }

  static class InPlaceTest implements PoisoningStrategyContract<ToyAttack.Options> {
    @Override
    public InPlace strategy() {
      return new InPlace();
    }
  }

  @Test
  void triggerThatChangesFromCallToCall_fails() {
    Contracts.assertBreaks(
        FickleTest.class,
        "trigger_isPureAndKeepsShape",
        "attack_poisonsAsItSays",
        "attack_sameSeedGivesTheSame_anotherSeedAnother",
        "outcome_hasTheTriggerOfTheSameContext");
  }

  /** Adds another amount at each call. */
  public static class Fickle extends ToyAttack {
    @Override
    public PoisonRecipe recipe(AttackContext context, Options options) {
      return with(
          super.recipe(context, options),
          (images, rows) -> images.add(new Scalar(1 + CALLS.incrementAndGet() % 200)));
    }
  }

  static class FickleTest implements PoisoningStrategyContract<ToyAttack.Options> {
    @Override
    public Fickle strategy() {
      return new Fickle();
    }
  }

  @Test
  void attackThatIgnoresRatioAndTarget_fails() {
    Contracts.assertBreaks(
        DeafTest.class,
        "recipe_takesTheRatioFromTheOptions",
        "attack_targetThatIsNoClass_isRefused");
  }

  /** Poisons half of the set with label 0, whatever it is told. */
  public static class Deaf extends ToyAttack {
    @Override
    public PoisonRecipe recipe(AttackContext context, Options options) {
      return new PoisonRecipe(
          TinyScene.CORNER_PATCH, new LabelRule.AllToOne(0), PoisonRate.ofDataset(0.5));
    }
  }

  static class DeafTest implements PoisoningStrategyContract<ToyAttack.Options> {
    @Override
    public Deaf strategy() {
      return new Deaf();
    }
  }

  @Test
  void attackThatIgnoresItsSeed_fails() {
    Contracts.assertBreaks(SeedlessTest.class, "attack_sameSeedGivesTheSame_anotherSeedAnother");
  }

  /** Always draws from the same seed. */
  public static class Seedless extends ToyAttack {
    @Override
    public AttackOutcome attack(AttackContext context, Options options) {
      return super.attack(
          TinyContexts.attack(context.training(), context.plan(), context.device(), new Seed(3)),
          options);
    }
  }

  static class SeedlessTest implements PoisoningStrategyContract<ToyAttack.Options> {
    @Override
    public Seedless strategy() {
      return new Seedless();
    }
  }

  @Test
  void attackThatMixesDevices_fails() {
    Contracts.assertBreaks(MixingTest.class, "attack_onAnotherDevice_mixesNothing");
  }

  /** Its trigger adds a pattern in host memory, wherever the images are. */
  public static class Mixing extends ToyAttack {
    @Override
    public PoisonRecipe recipe(AttackContext context, Options options) {
      Tensor pattern = torch.full(new long[] {1}, new Scalar(7)).to(ScalarType.Byte);
      return with(super.recipe(context, options), (images, rows) -> images.add(pattern));
    }
  }

  static class MixingTest implements PoisoningStrategyContract<ToyAttack.Options> {
    @Override
    public Mixing strategy() {
      return new Mixing();
    }
  }

  @Test
  void attackThatKeepsATensor_fails() {
    Contracts.assertBreaks(LeakyTest.class, "attack_leavesNoNativeMemory");
  }

  /** Retains a tensor at each call and never releases it. */
  public static class Leaky extends ToyAttack {
    @Override
    public AttackOutcome attack(AttackContext context, Options options) {
      Tensor kept = ComputeDevice.CPU.place(context.training().images().clone());
      kept.retainReference();
      return super.attack(context, options);
    }
  }

  static class LeakyTest implements PoisoningStrategyContract<ToyAttack.Options> {
    @Override
    public Leaky strategy() {
      return new Leaky();
    }
  }

  @Test
  void attackWithPoorDescription_fails() {
    Contracts.assertBreaks(VagueTest.class, "card_isComplete", "defaults_equalEachTime");
  }

  /** Has no paper, and defaults that differ from call to call. */
  public static class Vague extends ToyAttack {
    @Override
    public MethodCard card() {
      return new MethodCard(
          "Vague", "?", "", "http://example.org", "?", "?", "?", CARD.departures());
    }

    @Override
    public Options defaults(DatasetSpec data) {
      double ratio = CALLS.incrementAndGet() % 2 == 0 ? 0.1 : 0.2;
      return new Options(ratio, 0, Fidelity.PAPER);
    }
  }

  static class VagueTest implements PoisoningStrategyContract<ToyAttack.Options> {
    @Override
    public Vague strategy() {
      return new Vague();
    }

    @Override
    public ToyAttack.Options options(DatasetSpec data) {
      return new ToyAttack().defaults(data);
    }
  }

  private static PoisonRecipe with(PoisonRecipe recipe, Trigger trigger) {
    return new PoisonRecipe(trigger, recipe.labels(), recipe.rate());
  }
}
