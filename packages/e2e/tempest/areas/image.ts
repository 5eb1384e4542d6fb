import type { Area } from '../area.ts';

const later = (match: RegExp) => ({ match, reason: 'the image service is not whole yet' });

export const image: Area = {
  tests: '^tempest\\.api\\.image|^glance_tempest_plugin',
  packages: ['tempest', 'glance-tempest-plugin'],
  cloud: { fake: true },
  settings: () => ({
    image: {
      container_formats: 'bare,ami,ari,aki,ovf,ova,docker,compressed',
      disk_formats: 'raw,qcow2,vmdk,vhd,vhdx,vdi,iso,aki,ari,ami,ploop',
    },
    'image-feature-enabled': { import_image: true },
  }),
  reasons: [
    {
      match: /test_images\.ListUserImagesTest/,
      reason: 'its images are not of the format that they claim, which Glance refuses since 2024 (OSSA-2024-001)',
    },
    later(/metadef|namespace|MetadataSchema|test_images_metadefs/i),
    later(/import|task|MultiStores|stores_info|os_glance|cache/i),
    later(/protection|web-download|glance_direct|location/i),
  ],
};
