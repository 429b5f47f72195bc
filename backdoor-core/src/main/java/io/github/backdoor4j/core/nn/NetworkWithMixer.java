package io.github.backdoor4j.core.nn;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Another network with a {@link ChannelMixer} put in where one of its taps is: what left the tap
 * goes through the mixer before it flows on. One network to all users: its weights are those of the
 * other network under their names, and {@code mixer.…}.
 *
 * <p>It shares its tensors with the network and the mixer that it is made of.
 */
public final class NetworkWithMixer extends Network {

  private static final String NAME = "mixer";

  private final Network inner;
  private final String place;
  private final ChannelMixer mixer;

  private NetworkWithMixer(Network inner, String place, ChannelMixer mixer) {
    super(inner.spec());
    this.inner = inner;
    this.place = place;
    this.mixer = mixer;
    adopt(inner);
    adopt(mixer);
    PassMeter counter = inner.meter();
    if (counter != null) {
      meter(counter);
    }
  }

  /**
   * A network with a mixer.
   *
   * @param place a tap of the network whose output is a feature map N×C×h×w
   * @param mixer made for it by {@link #mixerFor}
   */
  public static NetworkWithMixer of(Network network, String place, ChannelMixer mixer) {
    return new NetworkWithMixer(network, place, mixer);
  }

  /**
   * A network with new mixers, which change nothing yet, at the given places: what weights with
   * mixers are loaded into. Without places it is the network itself.
   *
   * @param places taps, each of the network with the mixers before
   */
  public static Network with(Network network, List<String> places) {
    Network result = network;
    for (String place : places) {
      result = of(result, place, mixerFor(result, place));
    }
    return result;
  }

  /** Where mixers were put into a network, first one first; empty for other networks. */
  public static List<String> places(Network network) {
    List<String> places = new ArrayList<>();
    Network at = network;
    while (at instanceof NetworkWithMixer mixed) {
      places.add(0, mixed.place);
      at = mixed.inner;
    }
    return places;
  }

  /**
   * A new mixer that fits a network, on its device.
   *
   * @param place a tap of the network whose output is a feature map N×C×h×w
   */
  public static ChannelMixer mixerFor(Network network, String place) {
    int before = places(network).size();
    String name = before == 0 ? NAME : NAME + (before + 1);
    ChannelMixer mixer = new ChannelMixer(name, channels(network, place));
    mixer.to(network.device());
    return mixer;
  }

  private static int channels(Network network, String place) {
    ImageShape shape = network.spec().input();
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor zeros = torch.zeros(1, shape.channels(), shape.height(), shape.width());
      long[][] seen = {{}};
      Taps look =
          Taps.at(
              place,
              x -> {
                seen[0] = x.shape();
                return x;
              });
      network.watch(network.device().place(zeros), look);
      require(
          seen[0].length == 4,
          "a mixer of channels needs a feature map, but the output of '%s' has %d dimensions",
          place,
          seen[0].length);
      return (int) seen[0][1];
    }
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    return inner.forward(pass.and(place, h -> mixer.forward(pass, h)), x);
  }

  @Override
  protected Network blank() {
    Network blank = inner.blank();
    return of(blank, place, new ChannelMixer(mixer.name(), mixer.channels()));
  }

  /** Those of the network; what enters its last block's first convolution may be the mixer's. */
  @Override
  public FeatureLayout features() {
    FeatureLayout layout = inner.features();
    return layout.lastBlock().equals(place)
        ? layout.withStages(layout.stages(), mixer.output())
        : layout;
  }
}
