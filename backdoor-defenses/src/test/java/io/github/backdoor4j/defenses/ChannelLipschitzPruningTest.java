package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.defenses.ChannelLipschitzPruning.Options;
import io.github.backdoor4j.defenses.ChannelLipschitzPruning.ResidualInputs;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class ChannelLipschitzPruningTest implements DefenseStrategyContract<Options> {

  private final TinyScene scene = TinyScene.backdoored();

  @Override
  public ChannelLipschitzPruning strategy() {
    return new ChannelLipschitzPruning();
  }

  private static Options options(double u, Selection selection, Fidelity fidelity) {
    return new Options(u, ResidualInputs.SKIP, selection, 0.1, fidelity);
  }

  @Test
  void defaults_areThreeDeviations_butFiveForTinyImageNet() {
    Options options = strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));

    assertThat(options).isEqualTo(options(3, Selection.FIXED, Fidelity.PAPER));
    assertThat(strategy().defaults(TinySpecs.tinyImageNet()).u()).isEqualTo(5);
  }

  @Test
  void needs_noData_unlessAskedToChooseByIt() {
    assertThat(strategy().needs(options(3, Selection.FIXED, Fidelity.PAPER)))
        .containsExactly(DefenderAccess.SUSPECT_MODEL);
    assertThat(strategy().needs(options(3, Selection.CLEAN_HOLDOUT, Fidelity.PAPER)))
        .containsExactlyInAnyOrder(DefenderAccess.SUSPECT_MODEL, DefenderAccess.CLEAN_HOLDOUT);
    assertThat(strategy().needs(options(3, Selection.ORACLE, Fidelity.PAPER)))
        .containsExactlyInAnyOrder(DefenderAccess.SUSPECT_MODEL, DefenderAccess.ORACLE);
  }

  /** 16 channels cannot lie further out than 3.75 deviations, 12 than 3.18. */
  @Test
  void trainedBackdoor_isGone_atALowerU() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired =
          Suspects.repair(strategy(), options(2, Selection.FIXED, Fidelity.PAPER), scene);

      assertThat(scene.attackSuccess(scene.model())).isGreaterThan(0.95);
      assertThat(scene.attackSuccess(repaired.network())).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(repaired.network())).isGreaterThan(0.97);
    }
  }

  @Test
  void trainedBackdoor_isGone_whereTheHoldoutChooses() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired =
          Suspects.repair(strategy(), options(3, Selection.CLEAN_HOLDOUT, Fidelity.PAPER), scene);

      assertThat(scene.attackSuccess(repaired.network())).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(repaired.network())).isGreaterThan(0.85);
    }
  }

  @Test
  void cleanModel_keepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene clean = TinyScene.clean();
      RepairedModel repaired =
          Suspects.repair(strategy(), options(3, Selection.FIXED, Fidelity.PAPER), clean);

      assertThat(clean.cleanAccuracy(repaired.network()))
          .isGreaterThanOrEqualTo(clean.cleanAccuracy(clean.model()) - 0.02);
    }
  }

  @Test
  void prunedChannels_loseScaleAndShift_andNothingElseChanges() {
    try (TensorScope scope = TensorScope.open()) {
      Network pruned =
          Suspects.repair(strategy(), options(2, Selection.FIXED, Fidelity.PAPER), scene).network();

      List<Channel> channels = Suspects.pruned(pruned);
      assertThat(channels).isNotEmpty();
      assertThat(Suspects.differOnlyIn(channels, true, scene.model(), pruned)).isTrue();
    }
  }

  /** Without epsilon the channel's bound is infinite, and so are mean and deviation. */
  @Test
  void deadChannel_keepsItsLayerFromBeingPruned_inTheBenchmarkOnly() {
    try (TensorScope scope = TensorScope.open()) {
      Network planted = PlantedNetwork.byHand(scene.training());
      Objects.requireNonNull(planted.buffers().get("norm.running_var"))
          .get(0)
          .fill_(new Scalar(0.0));
      Tensors.withoutGradients(
          () -> planted.parameters().get("norm.weight").get(0).fill_(new Scalar(1e-3)));

      assertThat(prunedAtThree(planted, Fidelity.PAPER))
          .containsExactly(new Channel("norm", PlantedNetwork.PLANTED));
      assertThat(prunedAtThree(planted, Fidelity.BACKDOORBENCH)).isEmpty();
    }
  }

  private List<Channel> prunedAtThree(Network suspect, Fidelity fidelity) {
    return Suspects.pruned(
        Suspects.repair(strategy(), options(3, Selection.FIXED, fidelity), scene, suspect)
            .network());
  }

  @Test
  void evidence_saysWhatCouldNotBeJudged() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired =
          Suspects.repair(strategy(), options(3.5, Selection.FIXED, Fidelity.PAPER), scene);

      assertThat(repaired.evidence().numbers())
          .containsEntry("judged_layers", 4.0)
          .containsEntry("channels", 60.0);
      assertThat(repaired.evidence().notes()).anyMatch(note -> note.startsWith("1 of 4 layers"));
    }
  }

  /** The normalisation sees the images themselves. */
  private static final class NormFirst extends Network {

    private final Layer norm = batchNorm2d("norm", 3);
    private final Layer linear = linear("linear", 3, 4);

    NormFirst() {
      super(new NetworkSpec(TinyImages.SMALL, 4));
    }

    @Override
    protected Tensor forward(Pass pass, Tensor x) {
      return linear.apply(pass, norm.apply(pass, x).mean(2L, 3L));
    }

    @Override
    protected Network blank() {
      return new NormFirst();
    }

    @Override
    public FeatureLayout features() {
      return new FeatureLayout("norm", "linear", "linear");
    }
  }

  @Test
  void networkWithoutPairs_isNotApplicable_andSaysWhy() {
    try (TensorScope scope = TensorScope.open()) {
      for (Fidelity fidelity : Fidelity.values()) {
        Network unpaired = new NormFirst().initialize(new Seed(1));
        assertThatThrownBy(() -> prunedAtThree(unpaired, fidelity))
            .isInstanceOf(NotApplicableException.class)
            .hasMessageContaining("no convolution of the network enters one");
      }
      Network plain = new NoNorm().initialize(new Seed(1));
      assertThatThrownBy(() -> prunedAtThree(plain, Fidelity.PAPER))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("'clp'");
    }
  }

  @Test
  void options_outOfRange_areNamed() {
    assertThatThrownBy(() -> options(-1, Selection.FIXED, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessage("u must not be negative, but was -1.0");
  }
}
