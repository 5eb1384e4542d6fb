"""Signs requests with botocore, as Amazon's own clients do. Reads {access, secret, time?} and prints requests as Keystone is shown them."""
import base64
import datetime
import hashlib
import json
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

wanted = json.load(sys.stdin)
keys = Credentials(wanted['access'], wanted['secret'])
if 'time' in wanted:
    moment = datetime.datetime.strptime(wanted['time'], '%Y-%m-%dT%H:%M:%SZ')

    class Clock(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return cls(*moment.timetuple()[:6])

    botocore.auth.datetime.datetime = Clock
    botocore.auth.time.gmtime = lambda *_: moment.timetuple()
    botocore.auth.formatdate = lambda usegmt: moment.strftime('%a, %d %b %Y %H:%M:%S GMT')

HOST = 'ec2.test:8788'
QUERY = {'Action': 'DescribeInstances', 'Filter.1.Name': 'tag:a b', 'Note': "it's ü*~()", 'Version': '2016-11-15'}


def shown(request, params, **more):
    return {'access': keys.access_key, 'host': HOST, 'verb': request.method, 'path': '/services', 'params': params, **more}


def version2():
    request = AWSRequest(method='GET', url=f'http://{HOST}/services', params=dict(QUERY))
    botocore.auth.SigV2Auth(keys).add_auth(request)
    params = dict(request.params)
    return shown(request, params, signature=params.pop('Signature'), headers={})


def version4(method):
    data = 'Action=DescribeInstances&Version=2016-11-15' if method == 'POST' else ''
    params = {} if method == 'POST' else dict(QUERY)
    request = AWSRequest(method=method, url=f'http://{HOST}/services', params=params, data=data)
    if method == 'POST':
        request.headers['Content-Type'] = 'application/x-www-form-urlencoded; charset=utf-8'
    botocore.auth.SigV4Auth(keys, 'ec2', 'RegionOne').add_auth(request)
    headers = {**dict(request.headers), 'Host': HOST}
    signature = headers['Authorization'].split('Signature=')[1]
    body_hash = hashlib.sha256(data.encode()).hexdigest()
    return shown(request, params, signature=signature, headers=headers, body_hash=body_hash)


def version4_in_query():
    request = AWSRequest(method='GET', url=f'http://{HOST}/services?Action=DescribeInstances')
    botocore.auth.SigV4QueryAuth(keys, 'ec2', 'RegionOne').add_auth(request)
    from urllib.parse import parse_qsl, urlsplit

    params = dict(parse_qsl(urlsplit(request.url).query))
    signature = params.pop('X-Amz-Signature')
    body_hash = hashlib.sha256(b'').hexdigest()
    return shown(request, params, signature=signature, headers={'Host': HOST}, body_hash=body_hash)


def s3(signer, request):
    texts = []
    for name in ('string_to_sign', 'canonical_string'):
        if hasattr(signer, name):
            original = getattr(signer, name)
            setattr(signer, name, lambda *a, _o=original, **k: texts.append(_o(*a, **k)) or texts[-1])
    signer.add_auth(request)
    header = request.headers['Authorization']
    signature = header.split('Signature=')[1] if 'Signature=' in header else header.rsplit(':', 1)[1]
    token = base64.urlsafe_b64encode(texts[-1].encode()).decode()
    return {'access': keys.access_key, 'signature': signature, 'token': token}


print(json.dumps({
    'ec2': {
        'version 2': version2(),
        'version 4': version4('GET'),
        'version 4, POST': version4('POST'),
        'version 4, in the query': version4_in_query(),
    },
    's3': {
        'first scheme': s3(botocore.auth.HmacV1Auth(keys), AWSRequest(method='GET', url=f'http://{HOST}/bucket/key')),
        'version 4': s3(
            botocore.auth.S3SigV4Auth(keys, 's3', 'RegionOne'),
            AWSRequest(method='GET', url=f'http://{HOST}/bucket/key', headers={'X-Amz-Content-SHA256': 'UNSIGNED-PAYLOAD'}),
        ),
    },
}))
