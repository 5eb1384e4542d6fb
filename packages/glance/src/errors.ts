import { defineError } from '@kumo/core/errors';

export const imageNotFound = defineError('notFound', 'ImageNotFound', 'No image found with ID {id}');
export const imageIdTaken = defineError('conflict', 'Duplicate', 'Image ID {id} already exists!');
export const attributeReadOnly = defineError('forbidden', 'ReadonlyProperty', "Attribute '{name}' is read-only.");
export const attributeReserved = defineError('forbidden', 'ReservedProperty', "Attribute '{name}' is reserved.");
export const attributeNeeded = defineError('forbidden', 'Forbidden', 'Property {name} may not be removed.');
export const attributeFixed = defineError(
  'forbidden',
  'Forbidden',
  'Attribute {name} can be only replaced for a queued image.',
);
export const locationsInvisible = defineError(
  'forbidden',
  'Forbidden',
  "It's not allowed to add, replace or remove locations if locations are invisible.",
);
export const propertyMissing = defineError('conflict', 'Conflict', 'Property {name} does not exist.');
export const invalidField = defineError(
  'badRequest',
  'InvalidObject',
  'Invalid input for field/attribute {name}. {reason}',
);
export const invalidPatch = defineError('badRequest', 'BadRequest', 'Invalid JSON patch: {reason}');
export const patchTypeUnsupported = defineError(
  'unsupportedMediaType',
  'UnsupportedMediaType',
  'Only JSON patches of the types {types} are accepted.',
);
export const invalidFilter = defineError('badRequest', 'InvalidParameterValue', 'Invalid filter {name}: {reason}');
export const invalidMarker = defineError('badRequest', 'BadRequest', 'Invalid marker: no image with ID {marker}.');
export const sortMixed = defineError(
  'badRequest',
  'BadRequest',
  'Old and new sorting syntax cannot be combined: give sort, or sort_key and sort_dir.',
);
export const imageProtected = defineError(
  'forbidden',
  'ProtectedImageDelete',
  'Image {id} is protected and cannot be deleted.',
);
export const statusTransition = defineError(
  'conflict',
  'InvalidImageStatusTransition',
  'Image status transition from {from} to {to} is not allowed',
);
export const actionNotAllowed = defineError(
  'forbidden',
  'Forbidden',
  "Not allowed to {action} image in status '{status}'",
);
export const imageDeactivated = defineError(
  'forbidden',
  'Forbidden',
  'The requested image has been deactivated. Image data download is forbidden.',
);
export const formatsMissing = defineError(
  'badRequest',
  'BadRequest',
  'Properties {names} must be set prior to saving data.',
);
export const dataTypeUnsupported = defineError(
  'unsupportedMediaType',
  'UnsupportedMediaType',
  'Image data must be sent as application/octet-stream.',
);
export const sizeMismatch = defineError(
  'badRequest',
  'BadRequest',
  'The data has {actual} bytes, where {declared} were announced.',
);
export const imageGone = defineError(
  'gone',
  'ImageGone',
  'Image {id} could not be found after upload. The image may have been deleted during the upload.',
);
export const uploadSuperseded = defineError(
  'conflict',
  'Conflict',
  'The upload of image {id} was given up, because it gave no sign of life for too long.',
);
export const uploadCutOff = defineError(
  'badRequest',
  'BadRequest',
  'The connection was closed before all of the image data had arrived.',
);
export const uploadIdle = defineError('badRequest', 'BadRequest', 'No image data arrived for {seconds} seconds.');
export const rangeInvalid = defineError(
  'rangeNotSatisfiable',
  'RequestRangeNotSatisfiable',
  'The byte range {range} does not lie in an image of {sizeBytes} bytes.',
);
export const storageQuotaFull = defineError(
  'tooLarge',
  'StorageQuotaFull',
  "The image data of {moreBytes} more bytes exceeds the project's storage quota: {leftBytes} bytes are left of it.",
);
export const propertyLimit = defineError(
  'tooLarge',
  'ImagePropertyLimitExceeded',
  'The limit has been exceeded on the number of allowed image properties. Attempted: {attempted}, Maximum: {maximum}',
);
export const tagLimit = defineError(
  'tooLarge',
  'ImageTagLimitExceeded',
  'The limit has been exceeded on the number of allowed image tags. Attempted: {attempted}, Maximum: {maximum}',
);
export const memberLimit = defineError(
  'tooLarge',
  'ImageMemberLimitExceeded',
  'The limit has been exceeded on the number of allowed image members for this image. Attempted: {attempted}, Maximum: {maximum}',
);
export const tagNotFound = defineError('notFound', 'NotFound', 'Image {id} has no tag {tag}.');
export const onlySharedHaveMembers = defineError('forbidden', 'Forbidden', 'Only shared images have members.');
export const memberNotFound = defineError('notFound', 'NotFound', 'Image member {member} not found for image {id}.');
export const memberExists = defineError(
  'conflict',
  'Duplicate',
  'Image member {member} already exists for image {id}.',
);
export const schemaNotFound = defineError('notFound', 'NotFound', 'There is no schema {name}.');
