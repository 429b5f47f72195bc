package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.Set;

/**
 * Contexts as a run builds them, with a {@link TinyNetwork} as the victim; on the CPU where no
 * device is named.
 */
public final class TinyContexts {

  /** Epochs by which the victims of these contexts are trained. */
  public static final int VICTIM_EPOCHS = 2;

  private TinyContexts() {}

  /** What an attack on a data set is given; the victim trains by a plan. */
  public static AttackContext attack(ImageDataset training, TrainingPlan plan, Seed seed) {
    return attack(training, plan, ComputeDevice.CPU, seed);
  }

  /** The same on another device. */
  public static AttackContext attack(
      ImageDataset training, TrainingPlan plan, ComputeDevice device, Seed seed) {
    return new AttackContext(
        training, TinyNetwork.victim(training.spec(), plan), Workbench.simple(device, seed));
  }

  /** The same with two epochs by {@link TinyNetwork#plan}. */
  public static AttackContext attack(ImageDataset training, Seed seed) {
    return attack(training, TinyNetwork.plan(VICTIM_EPOCHS), seed);
  }

  /** What a defense is given against a backdoored or clean tiny model. */
  public static DefenseContext defense(DefenseStrategy<?> defense, TinyScene scene, Seed seed) {
    return defense(defense, scene, scene.materials(), seed);
  }

  /** The same with materials of your own. */
  public static DefenseContext defense(
      DefenseStrategy<?> defense, TinyScene scene, DefenseContext.Materials materials, Seed seed) {
    return defense(defense.id(), defense.needs(), scene, materials, ComputeDevice.CPU, seed);
  }

  /** The same with access to what the defense declares under certain options. */
  public static <O extends Record> DefenseContext defense(
      DefenseStrategy<O> defense,
      O options,
      TinyScene scene,
      DefenseContext.Materials materials,
      Seed seed) {
    return defense(defense, options, scene, materials, ComputeDevice.CPU, seed);
  }

  /** The same on another device. */
  public static <O extends Record> DefenseContext defense(
      DefenseStrategy<O> defense,
      O options,
      TinyScene scene,
      DefenseContext.Materials materials,
      ComputeDevice device,
      Seed seed) {
    return defense(defense.id(), defense.needs(options), scene, materials, device, seed);
  }

  private static DefenseContext defense(
      String id,
      Set<DefenderAccess> granted,
      TinyScene scene,
      DefenseContext.Materials materials,
      ComputeDevice device,
      Seed seed) {
    return new DefenseContext(
        id,
        granted,
        scene.training().spec(),
        materials,
        TinyNetwork.victim(scene.training().spec(), TinyNetwork.plan(VICTIM_EPOCHS)),
        Workbench.simple(device, seed));
  }
}
