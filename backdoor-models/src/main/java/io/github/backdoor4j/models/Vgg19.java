package io.github.backdoor4j.models;

/**
 * VGG-19 without batch normalisation, with torchvision's layers, parameter names and first weights.
 *
 * @see <a href="https://arxiv.org/abs/1409.1556">Simonyan, Zisserman, Very Deep Convolutional
 *     Networks for Large-Scale Image Recognition, 2014, configuration E</a>
 */
public final class Vgg19 extends VggArchitecture {

  /** Made by the registry; options and images come with {@link #build}. */
  public Vgg19() {
    super(false);
  }
}
