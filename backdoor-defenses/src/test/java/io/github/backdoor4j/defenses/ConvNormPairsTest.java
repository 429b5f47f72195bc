package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.ConvNorm;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class ConvNormPairsTest {

  /** Three blocks whose normalisations come before the convolutions; the second has a shortcut. */
  private static final class PreActivated extends Network {

    private final Layer stem = conv2d("stem", 3, 6, 3, 1, 1, false);
    private final Layer[][] blocks = {
      block("0", 6, 6, false), block("1", 6, 8, true), block("2", 8, 8, false)
    };
    private final Layer linear = linear("linear", 8, 4);

    PreActivated() {
      super(new NetworkSpec(new ImageShape(3, 8, 8), 4));
    }

    private Layer[] block(String name, int in, int out, boolean projected) {
      Layer[] layers = new Layer[projected ? 5 : 4];
      layers[0] = batchNorm2d(name + ".bn1", in);
      layers[1] = conv2d(name + ".conv1", in, out, 3, 1, 1, false);
      layers[2] = batchNorm2d(name + ".bn2", out);
      layers[3] = conv2d(name + ".conv2", out, out, 3, 1, 1, false);
      if (projected) {
        layers[4] = conv2d(name + ".shortcut", in, out, 1, 1, 0, false);
      }
      return layers;
    }

    @Override
    protected Tensor forward(Pass pass, Tensor images) {
      Tensor x = stem.apply(pass, images);
      for (Layer[] block : blocks) {
        Tensor a = block[0].apply(pass, x).relu();
        Tensor skipped = block.length == 5 ? block[4].apply(pass, a) : x;
        Tensor inner = block[2].apply(pass, block[1].apply(pass, a)).relu();
        x = block[3].apply(pass, inner).add(skipped);
      }
      return linear.apply(pass, x.mean(2L, 3L));
    }

    @Override
    protected Network blank() {
      return new PreActivated();
    }

    @Override
    public FeatureLayout features() {
      return new FeatureLayout("2.conv2", "linear", "linear");
    }
  }

  private static List<String> names(List<ConvNorm> pairs) {
    return pairs.stream().map(pair -> pair.conv().name() + " " + pair.norm().name()).toList();
  }

  @Test
  void pairs_ofAPreActivationNetwork_dependOnWhoJudges() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = new PreActivated().initialize(new Seed(1));
      ConvNormPairs pairs = new ConvNormPairs(network);
      List<String> exact = List.of("stem 0.bn1", "0.conv1 0.bn2", "1.conv1 1.bn2", "2.conv1 2.bn2");

      assertThat(names(pairs.exact(false))).containsExactlyElementsOf(exact);
      assertThat(names(pairs.exact(true)))
          .containsAll(exact)
          .contains("0.conv2 1.bn1", "1.conv2 2.bn1")
          .hasSize(6);
      assertThat(names(pairs.inOrderOfDeclaration()))
          .containsAll(exact)
          .contains("0.conv2 1.bn1", "1.shortcut 2.bn1")
          .hasSize(6);
    }
  }
}
